// My answer, at the bottom where the thumb is: one recommended button, and after it the next one.
import { useRef } from "react";
import { can, hasAnswered } from "../core/alarm-rules";
import type { AlarmView } from "../core/contract";
import { useTexts } from "../i18n/use-texts";
import type { AlarmActions } from "../io/hooks";
import { Refusal, TapButton } from "./TapButton";
import { useBarHeight } from "./use-bar-height";

export function AnswerBar({ alarm, actions, beside }: { alarm: AlarmView; actions: AlarmActions; beside?: React.ReactNode }) {
  const { t } = useTexts();
  const bar = useRef<HTMLElement>(null);
  useBarHeight(bar);
  const answered = hasAnswered(alarm);
  const { stage } = alarm.me;
  const role = alarm.me.offered_role ? { role: alarm.me.offered_role } : {};
  const mayAnswer = can(alarm, "acknowledge") && !(answered && stage !== "cannot" && stage !== "sheltered");
  const showsArrive = can(alarm, "arrive") && stage === "coming";
  const going = alarm.go_to_scene === "pair" ? t("answer.going") : t("answer.take");
  const asked = alarm.me.ask !== null;
  if (!alarm.me.can.some((action) => ["acknowledge", "arrive", "decline", "shelter"].includes(action)) && !beside) return null;
  return (
    <section ref={bar} className={`answer-bar ${answered ? "answered" : ""}`} aria-label={t("answer.group")}>
      <div className="answer-inner">
        <Refusal actions={actions} of={["acknowledge", "decline", "shelter", "arrive"]} />
        {mayAnswer && !asked && (
          <TapButton actions={actions} action="acknowledge" more={role} className={`answer-main ${answered ? "" : "filled"}`} shape="tick">{going}</TapButton>
        )}
        {showsArrive && !asked && (
          <TapButton actions={actions} action="arrive" className="answer-main filled" shape="disc">{t("answer.arrive")}</TapButton>
        )}
        <div className="answer-others">
          {can(alarm, "decline") && stage !== "cannot" && (
            <TapButton actions={actions} action="decline" shape="cross">{t(answered ? "answer.cannot_after" : "answer.cannot")}</TapButton>
          )}
          {can(alarm, "shelter") && stage !== "sheltered" && (
            <TapButton actions={actions} action="shelter" shape="shield">{t("answer.sheltered")}</TapButton>
          )}
          {beside}
        </div>
      </div>
    </section>
  );
}
