// All open alarms beside each other, so that none of them is hidden behind another.
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
  if (current && alarms.length < 2) return null;
  return (
    <nav className="switcher" aria-label={t("alarm.switcher", { count: alarms.length })}>
      <ul>{alarms.map((alarm) => <li key={alarm.id}><AlarmTab alarm={alarm} current={alarm.id === current} /></li>)}</ul>
    </nav>
  );
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
