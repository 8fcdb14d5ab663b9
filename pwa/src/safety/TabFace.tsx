// The tab's title and icon: seen from another tab, and from another program's window.
import { useEffect } from "react";
import { useLocation } from "wouter";
import { placeOf } from "../core/alarm-rules";
import { tabFace } from "../core/tab-face";
import type { TextKey } from "../i18n/texts";
import { useTexts } from "../i18n/use-texts";
import { useAlarms, useConnection, useServices, useSession, useValue } from "../io/hooks";

const icons = { calm: "/icons/varde.svg", unknown: "/icons/tab-unknown.svg", alarm: "/icons/tab-alarm.svg", assist: "/icons/tab-assist.svg", drill: "/icons/tab-drill.svg" };
const pages: [string, TextKey][] = [
  ["/besok/ny", "visit.new"], ["/besok", "visit.title"], ["/log", "log.title"], ["/desk", "nav.desk"],
];

export function TabFace() {
  const { t } = useTexts();
  const { open } = useAlarms();
  const { connection } = useConnection();
  const unread = useValue(useServices().unread);
  const face = tabFace(open, placeOf(useSession()), unread && open.length === 0 ? "unknown" : connection);
  const known = "place" in face ? { place: face.place, count: face.count } : null;
  const [path] = useLocation();
  const page = pages.find(([start]) => path.startsWith(start))?.[1];
  const calm = page && face.name === "calm" ? t("tab.page", { page: t(page) }) : t(`tab.${face.name as "calm"}`);
  const title = known ? t(`tab.${face.name as "alarm"}`, { place: known.count > 1 ? `${known.place} (${known.count})` : known.place }) : calm;
  useEffect(() => {
    document.title = title;
    document.querySelector('link[rel="icon"]')?.setAttribute("href", icons[face.name]);
  }, [title, face.name]);
  return null;
}
