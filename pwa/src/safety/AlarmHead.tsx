// What and where, first and largest, with the age of the alarm and everything that makes it doubtful.
import { ageText } from "../core/age";
import type { AlarmView } from "../core/contract";
import { useTexts } from "../i18n/use-texts";
import { useNow_ms } from "../io/hooks";
import { Shape } from "../ui/shapes";
import { longestWord, lookOf, useAlarmWords } from "./words";

export function AlarmHead({ alarm, large }: { alarm: AlarmView; large: boolean }) {
  const { t, clock } = useTexts();
  const words = useAlarmWords(alarm);
  const now_ms = useNow_ms();
  // Nobody has pressed where somebody is missed.
  const presser = alarm.kind === "missed_checkin" ? "" : [alarm.presser.name, alarm.presser.device].filter(Boolean).join(" · ");
  return (
    <div className={`alarm-head ${lookOf(alarm)} ${large ? "large" : ""}`}>
      <div className="alarm-head-inner">
        <p className="alarm-kind">
          <span className="alarm-word">
            <Shape name={alarm.drill ? "flag" : alarm.level === "assist" ? "disc" : "square"} size={24} />
            {words.kind}
          </span>
          <span className="alarm-age number" role="timer" aria-live="off">{ageText(alarm.opened_at, now_ms)}</span>
        </p>
        {alarm.ended_drill && <p className="alarm-real"><Shape name="square" size={20} /> {t("drill.now_real")}</p>}
        <h1 className="alarm-where" style={{ "--letters": longestWord(words.where) } as React.CSSProperties}>{words.where}</h1>
        {words.beside && <p className="alarm-beside">{words.beside}</p>}
        {words.address && <p className="alarm-address">{words.address}</p>}
        {words.detail && <p className="alarm-detail">{words.detail}</p>}
        {words.situation && <p className="alarm-situation">{words.situation}</p>}
        {!large && words.goToScene && <p className="alarm-go"><Shape name="arrow" size={18} /> {words.goToScene}</p>}
        {!large && alarm.level === "emergency" && (
          <a className="alarm-112" href="#police">
            <Shape name={alarm.police.called_at ? "tick" : "ring"} size={18} />
            {alarm.police.called_at ? t("police.called", { time: clock(alarm.police.called_at) }) : t("police.not_called")}
          </a>
        )}
        {alarm.drill?.name && <p className="alarm-situation"><strong>{alarm.drill.name}</strong></p>}
        {alarm.late && alarm.pressed_at && (
          <p className="alarm-doubt">
            <Shape name="clock" /> {t("alarm.late", { pressed: clock(alarm.pressed_at), received: clock(alarm.received_at) })}
          </p>
        )}
        {alarm.unverified && <p className="alarm-doubt"><Shape name="question" /> {t("alarm.unverified")}</p>}
        {alarm.visit && <VisitFacts visit={alarm.visit} />}
        {(presser || alarm.presses > 1) && (
          <p className="alarm-presser">
            {presser && t("alarm.pressed_by", { name: presser })}
            {presser && alarm.presses > 1 && " · "}
            {alarm.presses > 1 && t("alarm.presses", { count: alarm.presses })}
          </p>
        )}
      </div>
    </div>
  );
}

/** Somebody who was out: who is along, when they were last heard of, and where, once that may be shown. */
function VisitFacts({ visit }: { visit: NonNullable<AlarmView["visit"]> }) {
  const { t, clock } = useTexts();
  const point = visit.position && `${visit.position.lat.toFixed(5)}, ${visit.position.lon.toFixed(5)}`;
  return (
    <div className="alarm-visit">
      <p>{t("alarm.visit_people", { names: visit.people.map((one) => one.name).join(", ") })}{visit.heard_at && ` · ${t("alarm.visit_heard", { time: clock(visit.heard_at) })}`}</p>
      {(visit.contact || visit.transport) && <p>{[visit.contact && t("alarm.visit_contact", { name: visit.contact.name }), visit.transport].filter(Boolean).join(" · ")}</p>}
      {point && <p><Shape name="pin" size={18} /> {t("visit.last_position", { time: clock(visit.position?.at ?? null) })}: <span className="number">{point}</span></p>}
    </div>
  );
}
