// How it ends: somebody has seen them, and then, in two steps, the alarm is ended with its outcome.
import { useState } from "react";
import { can } from "../core/alarm-rules";
import type { AlarmView } from "../core/contract";
import { useTexts } from "../i18n/use-texts";
import type { AlarmActions } from "../io/hooks";
import { Refusal, TapButton } from "./TapButton";

type Outcome = "handled" | "false_alarm" | "test" | "drill_done";

export function Ending({ alarm, actions }: { alarm: AlarmView; actions: AlarmActions }) {
  const { t } = useTexts();
  const [open, setOpen] = useState(false);
  // What this person had seen when they decided; a press that came after must stop them, so it is not refreshed.
  const [seen_signal, setSeen] = useState(alarm.last_signal);
  if (!can(alarm, "confirm") && !can(alarm, "resolve")) return null;
  return (
    <section className="ending stack" aria-label={t("ending.title")}>
      <h2>{t("ending.title")}</h2>
      <Refusal actions={actions} of={["resolve", "confirm"]} />
      {can(alarm, "confirm") && !alarm.confirmed && (
        <div className="choices">
          <TapButton actions={actions} action="confirm" more={{ how: "seen", seen_signal: alarm.last_signal }} className="tall wide" shape="tick">{t("ending.seen")}</TapButton>
          <TapButton actions={actions} action="confirm" more={{ how: "heard", seen_signal: alarm.last_signal }} className="tall wide" shape="tick">{t("ending.heard")}</TapButton>
        </div>
      )}
      {can(alarm, "resolve") && !open && (
        <button type="button" className="button tall wide" onClick={() => { setSeen(alarm.last_signal); setOpen(true); }}>{t("ending.start")} …</button>
      )}
      {can(alarm, "resolve") && open && <Outcomes alarm={alarm} actions={actions} seen_signal={seen_signal} close={() => setOpen(false)} />}
    </section>
  );
}

function Outcomes({ alarm, actions, seen_signal, close }: { alarm: AlarmView; actions: AlarmActions; seen_signal: number; close: () => void }) {
  const { t } = useTexts();
  const offered: Outcome[] = alarm.drill ? ["drill_done"] : ["handled", "false_alarm", "test"];
  const [outcome, setOutcome] = useState<Outcome | null>(alarm.drill ? "drill_done" : null);
  const [text, setText] = useState("");
  // Ending the alarm of somebody who was missed says where they are: nobody is left unwatched.
  const settles = alarm.visit?.settle === true || actions.last("resolve")?.reason === "say_where_they_are";
  const [where, setWhere] = useState<"home" | "out" | null>(null);
  const visit = where === "home" ? { visit_home: true } : where === "out" ? { visit_seconds: 1800 } : {};
  return (
    <div className="confirm">
      <fieldset>
        <legend>{t("ending.question")}</legend>
        <div className="choices listed">
          {offered.map((one) => (
            <label key={one} className="choice">
              <input type="radio" name="outcome" checked={outcome === one} onChange={() => setOutcome(one)} />
              {t(`ending.${one}`)}
              <small>{t(`ending.${one}_text`)}</small>
            </label>
          ))}
        </div>
      </fieldset>
      {settles && (
        <fieldset>
          <legend>{t("ending.where_now")}</legend>
          <div className="choices listed">
            {(["home", "out"] as const).map((one) => (
              <label key={one} className="choice"><input type="radio" name="where-now" checked={where === one} onChange={() => setWhere(one)} />{t(`ending.where_${one}`)}</label>
            ))}
          </div>
        </fieldset>
      )}
      <label className="field"><span>{t("ending.text")}</span><textarea rows={2} maxLength={500} value={text} onChange={(event) => setText(event.target.value)} /></label>
      {outcome && (!settles || where) && (
        <TapButton actions={actions} action="resolve" more={{ outcome, seen_signal, ...visit, ...(text.trim() ? { text: text.trim() } : {}) }} className="filled tall wide">
          {t("ending.finish")}
        </TapButton>
      )}
      <button type="button" className="button tall wide" onClick={close}>{t("app.cancel")}</button>
    </div>
  );
}
