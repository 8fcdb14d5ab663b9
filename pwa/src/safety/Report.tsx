// One-tap messages to everyone: weapon, more help, what has been done, and a short note.
import { useState } from "react";
import { clockIn } from "../core/age";
import { can } from "../core/alarm-rules";
import type { AlarmView } from "../core/contract";
import { useTexts } from "../i18n/use-texts";
import { useNow_ms, useServices, useValue, type AlarmActions } from "../io/hooks";
import { Shape } from "../ui/shapes";
import { Refusal, TapButton } from "./TapButton";
import { useAlarmWords } from "./words";

/** The marks of what has been done that are worth a button; the others come from the steps of the cards. */
const buttons = ["ambulance_called", "public_safe", "police_expected", "police_met"];
const expected_minutes = [5, 10, 15, 30];

export function Switches({ alarm, actions }: { alarm: AlarmView; actions: AlarmActions }) {
  const { t, say } = useTexts();
  const { switches } = useAlarmWords(alarm);
  const [asked, setAsked] = useState<string | null>(null);
  if (!can(alarm, "change_situation")) return null;
  return switches.map((one) =>
    asked === one.id ? (
      <section key={one.id} className="confirm" aria-label={say(one.label)}>
        <p><strong>{t("tell.confirm_switch")}</strong></p>
        <p>{say(one.meaning)}</p>
        <TapButton actions={actions} action="change_situation" more={{ switch: one.id }} className="danger tall wide" shape="triangle" onTap={() => setAsked(null)}>
          {t("tell.confirm_switch_yes", { label: say(one.label) })}
        </TapButton>
        <button type="button" className="button tall wide" onClick={() => setAsked(null)}>{t("app.cancel")}</button>
      </section>
    ) : (
      <button key={one.id} type="button" className="button danger-outlined tall wide" onClick={() => setAsked(one.id)}>
        <Shape name="triangle" size={24} /> {say(one.label)}
      </button>
    ),
  );
}

export function Report({ alarm, actions }: { alarm: AlarmView; actions: AlarmActions }) {
  const { t, say, clock } = useTexts();
  const content = useValue(useServices().content);
  // What is seen comes before what has been done.
  const seen = Object.entries(content?.marks ?? {}).filter(([, mark]) => mark.tap).map(([id]) => id);
  const set = new Map(alarm.marks.map((mark) => [mark.mark, mark]));
  return (
    <section className="report stack" aria-label={t("tell.title")}>
      <h2>{t("tell.title")}</h2>
      {can(alarm, "more_help") && (
        <TapButton actions={actions} action="more_help" className="tall wide" shape="people">{t("tell.help")}</TapButton>
      )}
      <Refusal actions={actions} of={["more_help", "mark", "note", "change_situation", "tick"]} />
      {can(alarm, "mark") && (
        <div className="marks">
          {can(alarm, "arrive") && alarm.me.stage !== "coming" && alarm.me.stage !== "there" && (
            <TapButton actions={actions} action="arrive" className="wide" shape="disc">{t("answer.arrive")}</TapButton>
          )}
          {[...seen, ...buttons.filter((mark) => content?.marks[mark])].map((mark) => {
            const text = say(content?.marks[mark]?.text);
            const done = set.get(mark);
            if (content?.marks[mark]?.asks === "time") return <ExpectedTime key={mark} mark={mark} text={text} actions={actions} />;
            return done ? (
              <p key={mark} className="mark-done"><Shape name="tick" /> {text} <span className="soft">{clock(done.at)} {done.by}</span></p>
            ) : (
              <TapButton key={mark} actions={actions} action="mark" more={{ mark }} className="wide">{text}</TapButton>
            );
          })}
        </div>
      )}
      {can(alarm, "note") && <Note actions={actions} />}
      {alarm.notes.length > 0 && (
        <ul className="notes" aria-label={t("tell.notes")}>
          {alarm.notes.map((note, index) => (
            <li key={index}><span className="soft number">{clock(note.at)} {note.by}</span> {note.text}</li>
          ))}
        </ul>
      )}
    </section>
  );
}

function ExpectedTime({ mark, text, actions }: { mark: string; text: string; actions: AlarmActions }) {
  const { t } = useTexts();
  const now_ms = useNow_ms();
  const [open, setOpen] = useState(false);
  const [value, setValue] = useState("");
  if (!open) return <button type="button" className="button wide" onClick={() => setOpen(true)}><Shape name="clock" /> {text} …</button>;
  return (
    <form className="confirm" onSubmit={(event) => {
      event.preventDefault();
      if (!value) return;
      actions.act("mark", { mark, value });
      setOpen(false);
    }}>
      <p><strong>{text}</strong></p>
      <div className="row">
        {expected_minutes.map((minutes) => (
          <button key={minutes} type="button" className="button" onClick={() => {
            actions.act("mark", { mark, value: clockIn(minutes, now_ms) });
            setOpen(false);
          }}>{t("tell.minutes", { count: minutes })}</button>
        ))}
      </div>
      <label className="field"><span>{t("tell.time")}</span><input type="time" value={value} onChange={(event) => setValue(event.target.value)} /></label>
      <div className="row">
        <button type="submit" className="button filled">{t("tell.save")}</button>
        <button type="button" className="button" onClick={() => setOpen(false)}>{t("app.cancel")}</button>
      </div>
    </form>
  );
}

function Note({ actions }: { actions: AlarmActions }) {
  const { t } = useTexts();
  const [text, setText] = useState("");
  return (
    <form className="note" onSubmit={(event) => {
      event.preventDefault();
      if (text.trim() === "") return;
      actions.act("note", { text: text.trim() });
      setText("");
    }}>
      <label className="field"><span>{t("tell.note")}</span>
        <textarea value={text} maxLength={500} rows={2} onChange={(event) => setText(event.target.value)} />
      </label>
      <button type="submit" className="button wide">{t("tell.send_note")}</button>
    </form>
  );
}
