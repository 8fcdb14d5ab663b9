// What only a drill's screen has: a way out of it (this is real), and whom to ring in place of 112.
import { useState } from "react";
import { can } from "../core/alarm-rules";
import type { AlarmView } from "../core/contract";
import { useTexts } from "../i18n/use-texts";
import { useActions } from "../io/hooks";
import { Shape } from "../ui/shapes";
import { Refusal, TapButton } from "./TapButton";

/** Two taps: the first says what the second will do, for it alarms everybody. */
export function ThisIsReal({ alarm }: { alarm: AlarmView }) {
  const { t } = useTexts();
  const actions = useActions(alarm.id);
  const [open, setOpen] = useState(false);
  if (!can(alarm, "this_is_real")) return null;
  if (!open) {
    return (
      <button type="button" className="button tall wide this-is-real" onClick={() => setOpen(true)}>
        <Shape name="square" size={22} /> {t("drill.this_is_real")} …
      </button>
    );
  }
  return (
    <div className="confirm real-confirm" role="group" aria-label={t("drill.this_is_real")}>
      <p><strong>{t("drill.real_text")}</strong></p>
      <Refusal actions={actions} of={["this_is_real"]} />
      <TapButton actions={actions} action="this_is_real" className="danger tall wide" shape="square">{t("drill.real_yes")}</TapButton>
      <button type="button" className="button tall wide" onClick={() => setOpen(false)}>{t("drill.real_no")}</button>
    </div>
  );
}

/** To whoever armed the one button that began it: nobody has planned its end. */
export function EndsItself({ alarm }: { alarm: AlarmView }) {
  const { t, clock } = useTexts();
  return alarm.me.drill_ends_at && <p>{t("drill.ends_itself", { time: clock(alarm.me.drill_ends_at) })}</p>;
}

export function RingLeader({ alarm }: { alarm: AlarmView }) {
  const { t } = useTexts();
  const leader = alarm.drill?.leader;
  const own = alarm.me.leads_drill || alarm.me.drill_ends_at !== null;
  return (
    <>
      <p className="police-drill"><strong>{t(own ? "police.drill_own" : "police.drill")}</strong></p>
      {leader && !own && (
        <a className="button tall wide" href={`tel:${leader.phone.replaceAll(" ", "")}`}>
          <Shape name="phone" size={24} />
          <span>{t("drill.ring_leader")}{leader.name && ` – ${leader.name}`}<br /><span className="number">{leader.phone}</span></span>
        </a>
      )}
    </>
  );
}
