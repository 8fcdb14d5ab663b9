// What I have promised and until when, when I will be there, and the question whether it still holds.
import { can } from "../core/alarm-rules";
import type { AlarmView } from "../core/contract";
import { useTexts } from "../i18n/use-texts";
import type { AlarmActions } from "../io/hooks";
import { Shape, type ShapeName } from "../ui/shapes";
import { TapButton } from "./TapButton";

const shapes: Record<string, ShapeName> = { coming: "tick", there: "disc", taken: "tick", sheltered: "shield", cannot: "cross" };
const eta_minutes = [2, 5, 10, 20];

export function MyStage({ alarm, actions }: { alarm: AlarmView; actions: AlarmActions }) {
  const { t, clock } = useTexts();
  const { stage, lapse_at, ask } = alarm.me;
  if (ask?.kind === "turn_back") return <TurnBack alarm={alarm} actions={actions} />;
  if (ask) return <Question alarm={alarm} actions={actions} ask={ask} />;
  if (!stage || stage === "asked" || stage === "lapsed") return null;
  return (
    <section className="my-stage">
      <p className="my-stage-word" role="status">
        <Shape name={shapes[stage] ?? "ring"} size={24} /> <strong>{t(`mine.${stage}`)}</strong>
        {lapse_at && <span className="soft">{t("mine.lapse", { time: clock(lapse_at) })}</span>}
      </p>
      {stage === "coming" && can(alarm, "acknowledge") && (
        <div className="eta" role="group" aria-label={t("answer.eta")}>
          <span className="soft">{t("answer.eta")}</span>
          {eta_minutes.map((minutes) => (
            <TapButton key={minutes} actions={actions} action="acknowledge" more={{ eta_s: minutes * 60 }}>
              {t("answer.eta_minutes", { count: minutes })}
            </TapButton>
          ))}
        </div>
      )}
    </section>
  );
}

/** The situation has changed under somebody who is on the way: there is nothing to promise, only to turn round. */
function TurnBack({ alarm, actions }: { alarm: AlarmView; actions: AlarmActions }) {
  const { t } = useTexts();
  return (
    <section className="question" role="alert" aria-label={t("ask.turn_back")}>
      <h2>{t("ask.turn_back")}</h2>
      <p>{t("ask.turn_back_text")}</p>
      {can(alarm, "shelter") && <TapButton actions={actions} action="shelter" className="answer-main filled" shape="shield">{t("answer.sheltered")}</TapButton>}
      {can(alarm, "decline") && <TapButton actions={actions} action="decline" className="wide" shape="cross">{t("ask.turned_back")}</TapButton>}
    </section>
  );
}

function Question({ alarm, actions, ask }: { alarm: AlarmView; actions: AlarmActions; ask: NonNullable<AlarmView["me"]["ask"]> }) {
  const { t, clock } = useTexts();
  const yes = ask.kind === "still_there" ? "ask.yes_there" : alarm.go_to_scene === "pair" ? "ask.yes_coming" : "ask.yes_taken";
  return (
    <section className="question" role="group" aria-label={t(`ask.${ask.kind}`)}>
      <h2>{t(`ask.${ask.kind}`)}</h2>
      {ask.answer_by && <p>{t("ask.answer_by", { time: clock(ask.answer_by, true) })}</p>}
      <TapButton actions={actions} action={ask.kind === "still_there" ? "arrive" : "acknowledge"} className="answer-main filled" shape="tick">{t(yes)}</TapButton>
      {can(alarm, "decline") && <TapButton actions={actions} action="decline" className="wide" shape="cross">{t("ask.no")}</TapButton>}
    </section>
  );
}
