// Says aloud, to those who listen to the screen, the four things that may interrupt: a new alarm, one ended, a failed send, a lost line.
import { useEffect, useRef, useState } from "react";
import { isOpen } from "../core/alarm-rules";
import { refusalKey } from "../i18n/texts";
import { useTexts } from "../i18n/use-texts";
import { useAlarms, useConnection, useServices, useValue } from "../io/hooks";

export function Announcer() {
  const { t } = useTexts();
  const { all, open } = useAlarms();
  const { connection } = useConnection();
  const taps = useValue(useServices().outbox.taps);
  const [said, say] = useState("");
  const known = useRef<Map<string, boolean>>(new Map());

  useEffect(() => {
    for (const alarm of Object.values(all)) {
      const before = known.current.get(alarm.id);
      const now = isOpen(alarm);
      known.current.set(alarm.id, now);
      if (before === now || (before === undefined && !now) || alarm.me.near) continue;
      const place = [alarm.place.zone, alarm.place.floor, alarm.place.office].filter(Boolean).join(", ");
      say(now ? t(alarm.drill ? "alarm.new_drill" : "alarm.new", { place }) : t(alarm.drill ? "clear.drill" : "clear.title"));
    }
  }, [all, t]);

  const refused = taps.findLast((one) => one.state === "refused");
  const [refusedId, why] = [refused?.tap.id, refused?.reason ?? null];
  useEffect(() => {
    if (refusedId) say(t(refusalKey(why)));
  }, [refusedId, why, t]);

  const lost = connection === "unknown" && open.length > 0;
  useEffect(() => {
    if (lost) say(t("line.lost_in_incident"));
  }, [lost, t]);

  return <div role="alert" className="hidden-text">{said}</div>;
}
