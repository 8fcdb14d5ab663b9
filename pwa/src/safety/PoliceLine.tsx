// 112: not called, or called when and by whom, from the first second; a drill never offers to dial it, but its leader.
import { can } from "../core/alarm-rules";
import type { AlarmView } from "../core/contract";
import { useTexts } from "../i18n/use-texts";
import type { AlarmActions } from "../io/hooks";
import { Shape } from "../ui/shapes";
import { RingLeader } from "./Drill";
import { TapButton } from "./TapButton";

/** Somebody has said that an ambulance is needed, and nobody yet that 113 has been rung: it stands where everybody looks until somebody has. */
export function AmbulanceLine({ alarm, actions }: { alarm: AlarmView; actions: AlarmActions }) {
  const { t, clock } = useTexts();
  const needed = alarm.marks.find((one) => one.mark === "ambulance_needed");
  if (!needed || alarm.marks.some((one) => one.mark === "ambulance_called")) return null;
  return (
    <section className="police" aria-label="113">
      <p className="police-state" role="status"><Shape name="triangle" size={22} /> <strong>{t("ambulance.needed")}</strong></p>
      <p>{t("ambulance.by", { time: clock(needed.at), name: needed.by ?? "" })}</p>
      <div className="police-buttons">
        {!alarm.drill && <a className="button tall" href="tel:113"><Shape name="phone" size={24} /> {t("ambulance.call")}</a>}
        {can(alarm, "mark") && (
          <TapButton actions={actions} action="mark" more={{ mark: "ambulance_called" }} className="tall" shape="tick">{t("ambulance.called")}</TapButton>
        )}
      </div>
      {alarm.drill && <p><strong>{t("ambulance.drill")}</strong></p>}
    </section>
  );
}

export function PoliceLine({ alarm, actions, canMark = true }: { alarm: AlarmView; actions: AlarmActions; canMark?: boolean }) {
  const { t, clock } = useTexts();
  if (alarm.level === "assist" && !alarm.police.called_at) return null;
  const { called_at, called_by, expected_at } = alarm.police;
  const state = !called_at
    ? t("police.not_called")
    : called_by ? t("police.called_by", { time: clock(called_at), name: called_by }) : t("police.called", { time: clock(called_at) });
  return (
    <section id="police" className={`police ${called_at ? "called" : ""}`} aria-label="112">
      <p className="police-state" role="status">
        <Shape name={called_at ? "tick" : "ring"} size={22} />
        <strong>{state}</strong>
      </p>
      {expected_at && <p>{t("police.expected", { time: expected_at.includes("T") ? clock(expected_at) : expected_at })}</p>}
      {alarm.drill ? (
        <RingLeader alarm={alarm} />
      ) : (
        <>
          <div className="police-buttons">
            <a className="button tall" href="tel:112"><Shape name="phone" size={24} /> {t("police.call")}</a>
            {!called_at && canMark && can(alarm, "mark") && (
              <TapButton actions={actions} action="mark" more={{ mark: "police_called" }} className="tall" shape="tick">{t("police.mark_called")}</TapButton>
            )}
          </div>
          {!called_at && alarm.place.address && <p className="police-address">{t("police.say_address", { address: alarm.place.address })}</p>}
        </>
      )}
      {alarm.drill && !called_at && canMark && can(alarm, "mark") && (
        <TapButton actions={actions} action="mark" more={{ mark: "police_called" }} className="wide" shape="tick">{t("police.mark_called")}</TapButton>
      )}
    </section>
  );
}
