// All open alarms beside each other, so that none of them is hidden behind another, however far down one reads.
import { useEffect, useRef, useState } from "react";
import { Link } from "wouter";
import { ageText } from "../core/age";
import { needsMyAnswer } from "../core/alarm-rules";
import type { AlarmView } from "../core/contract";
import { useTexts } from "../i18n/use-texts";
import { useNow_ms } from "../io/hooks";
import { Shape } from "../ui/shapes";
import { lookOf } from "./words";
import "./switcher.css";

export function Switcher({ alarms, current }: { alarms: readonly AlarmView[]; current?: string }) {
  const { t } = useTexts();
  const nav = useRef<HTMLElement>(null);
  const others = alarms.filter((alarm) => alarm.id !== current);
  const calling = others.filter(needsMyAnswer);
  const inSight = useInSight(nav, calling.length > 0);
  if (others.length === 0) return null;
  return (
    <>
      <nav ref={nav} className="switcher" aria-label={t("alarm.switcher", { count: alarms.length })}>
        <ul>{alarms.map((alarm) => <li key={alarm.id}><AlarmTab alarm={alarm} current={alarm.id === current} /></li>)}</ul>
      </nav>
      {calling[0] && !inSight && <OtherCall alarm={calling[0]} count={calling.length} />}
    </>
  );
}

/** Lies over the page and moves nothing in it: whoever is in the middle of a step of the card goes on with it. */
function OtherCall({ alarm, count }: { alarm: AlarmView; count: number }) {
  const { t } = useTexts();
  const now_ms = useNow_ms();
  return (
    <Link href={`/i/${alarm.id}`} className={`other-call ${lookOf(alarm)}`}>
      <Shape name={alarm.drill ? "flag" : alarm.level === "assist" ? "disc" : "square"} size={20} />
      <span><strong>{alarm.drill ? t("alarm.drill") : t(`alarm.${alarm.level}`)}: {alarm.place.zone || alarm.place.office}</strong> <span className="number">{ageText(alarm.opened_at, now_ms)}</span></span>
      <span className="other-call-do">{count > 1 ? t("alarm.answer_count", { count }) : t("alarm.answer_this")}</span>
    </Link>
  );
}

/** Whether the tabs can be seen; only asked while one of them calls. */
function useInSight(nav: React.RefObject<HTMLElement | null>, asked: boolean): boolean {
  const [inSight, setInSight] = useState(true);
  useEffect(() => {
    if (!asked || !nav.current || typeof IntersectionObserver === "undefined") return setInSight(true);
    const observer = new IntersectionObserver(([entry]) => setInSight(entry?.isIntersecting ?? true), { threshold: 0.5 });
    observer.observe(nav.current);
    return () => observer.disconnect();
  }, [nav, asked]);
  return inSight;
}

export function AlarmTab({ alarm, current = false }: { alarm: AlarmView; current?: boolean }) {
  const { t } = useTexts();
  const now_ms = useNow_ms();
  const stage = alarm.me.told ? alarm.me.stage : null;
  return (
    <Link href={`/i/${alarm.id}`} className={`alarm-tab ${lookOf(alarm)}`} aria-current={current ? "page" : undefined}>
      <span className="alarm-tab-kind"><Shape name={alarm.drill ? "flag" : alarm.level === "assist" ? "disc" : "square"} size={16} /> {alarm.drill ? t("alarm.drill") : t(`alarm.${alarm.level}`)}</span>
      <strong>{alarm.place.zone || alarm.place.office}</strong>
      <span className="number">{ageText(alarm.opened_at, now_ms)}{needsMyAnswer(alarm) ? ` · ${t("answer.group")}` : stage ? ` · ${t(`stage.${stage}`)}` : ""}</span>
    </Link>
  );
}
