// The parts of an exercise that is being written: a text in one of its languages, rows that are added and taken away, and what is wrong beside what it is about.
import { createContext, useContext } from "react";
import { askedAs, inLineOrder, injectChannels, newQuestionId, noText, targetStarts, written, type DraftText, type ExerciseDraft, type InjectDraft, type Problem } from "../core/exercise-draft";
import type { Language } from "../core/session-contract";
import { uuid7 } from "../core/uuid7";
import { useServices, useValue } from "../io/hooks";
import { Shape } from "../ui/shapes";
import { useMarkNames, useRoleNames } from "./parts";
import { isDrillText, useDrillTexts } from "./texts";
import type { WholeCatalogue } from "./use-exercises";

type Change = (some: Partial<ExerciseDraft>) => void;

/** Empty until somebody has tried to save: nobody is told off for what they have not written yet. */
export const ProblemsContext = createContext<readonly Problem[]>([]);

export const problemId = (at: string): string => `wrong-${at}`;
export const isWrong = (problems: readonly Problem[], at: string): boolean => problems.some((one) => one.at === at);

export function Remedy({ at }: { at: string }) {
  const { x } = useDrillTexts();
  return useContext(ProblemsContext).filter((one) => one.at === at).map((one) => <strong key={one.what} className="remedy"><Shape name="triangle" size={16} /> {x(`ex.wrong_${one.what}`)}</strong>);
}

export function TextField({ at, label, language, value, change, long = false }: { at: string; label: string; language: Language; value: DraftText; change: (text: DraftText) => void; long?: boolean }) {
  const problems = useContext(ProblemsContext).filter((one) => one.at === at && one.what.startsWith("text"));
  const { x } = useDrillTexts();
  const field = { value: value.texts[language], lang: language, maxLength: 500, "aria-invalid": problems.length > 0, onChange: (event: { target: { value: string } }) => change(written(value, language, event.target.value)) };
  return (
    <label className="field" id={problemId(at)}><span>{label}</span>
      {long ? <textarea {...field} rows={3} /> : <input {...field} autoComplete="off" />}
      {problems.map((one) => <strong key={one.what} className="remedy"><Shape name="triangle" size={16} /> {x(`ex.wrong_${one.what}`)}</strong>)}
    </label>
  );
}

export function Choice({ label, value, options, choose }: { label: string; value: string; options: [string, string][]; choose: (value: string) => void }) {
  return (
    <label className="field"><span>{label}</span>
      <select value={value} onChange={(event) => choose(event.target.value)}>{options.map(([id, name]) => <option key={id} value={id}>{name}</option>)}</select>
    </label>
  );
}

export function Rows<T extends { key: string }>({ title, text, add, rows, made, change, children }: {
  title: string; text?: string; add: string; rows: T[]; made: (key: string) => T; change: (rows: T[]) => void; children: (row: T, set: (row: T) => void) => React.ReactNode;
}) {
  const { x } = useDrillTexts();
  return (
    <fieldset className="stack"><legend>{title}</legend>
      {text && <p className="soft">{text}</p>}
      {rows.map((one, n) => (
        <div key={one.key} className="edit-row" role="group" aria-label={`${title} ${n + 1}`}>
          {children(one, (after) => change(rows.map((each) => (each.key === after.key ? after : each))))}
          <button type="button" className="button quiet" onClick={() => change(rows.filter((each) => each.key !== one.key))}>{x("ex.press_remove")}</button>
        </div>
      ))}
      <button type="button" className="button" onClick={() => change([...rows, made(uuid7())])}>{add}</button>
    </fieldset>
  );
}

/** In the order in which they will come, once a time has been written: while one is being typed the rows stand still. */
export function Injects({ draft, language, change }: { draft: ExerciseDraft; language: Language; change: Change }) {
  const { x } = useDrillTexts();
  const roleName = useRoleNames();
  const problems = useContext(ProblemsContext);
  const roles = (one: InjectDraft): [string, string][] => [...new Set([...draft.roles, one.to])].map((role) => [role, role === "" ? x("ex.choose") : roleName(role)]);
  return (
    <Rows title={x("ex.line")} text={x("ex.line_text")} add={x("ex.inject_add")} rows={draft.injects} change={(injects) => change({ injects })}
      made={(key) => ({ key, at: "", channel: "card", to: draft.roles[0] ?? "", zone: null, text: noText })}>
      {(one, set) => (
        <>
          <div className="inject-head">
            <label className="field"><span>{x("ex.press_at")}</span>
              <input value={one.at} maxLength={7} inputMode="numeric" placeholder={x("ex.by_hand")} aria-invalid={problems.some((each) => each.at === one.key && each.what.startsWith("time"))}
                onChange={(event) => set({ ...one, at: event.target.value })} onBlur={() => change({ injects: inLineOrder(draft.injects) })} />
            </label>
            <Choice label={x("ex.inject_channel")} value={one.channel} options={injectChannels.map((name) => [name, x(`ex.inject_${name}`)])} choose={(channel) => set({ ...one, channel })} />
            <Choice label={x("ex.inject_to")} value={one.to} options={roles(one)} choose={(to) => set({ ...one, to })} />
          </div>
          <TextField at={one.key} label={x("ex.inject_text")} language={language} value={one.text} change={(text) => set({ ...one, text })} long />
          {problems.filter((each) => each.at === one.key && !each.what.startsWith("text")).map((each) => <strong key={each.what} className="remedy"><Shape name="triangle" size={16} /> {x(`ex.wrong_${each.what}`)}</strong>)}
        </>
      )}
    </Rows>
  );
}

export function Targets({ draft, catalogue, change }: { draft: ExerciseDraft; catalogue: WholeCatalogue; change: Change }) {
  const { x, say } = useDrillTexts();
  const markName = useMarkNames();
  const marks = Object.keys(useValue(useServices().content)?.marks ?? {});
  const what: [string, string][] = [["", x("ex.choose")], ...marks.map((one) => [`mark/${one}`, markName(one)] as [string, string]), ...Object.entries(catalogue.metrics).map(([name, text]) => [`metric/${name}`, say(text)] as [string, string])];
  return (
    <Rows title={x("ex.targets")} text={x("ex.targets_text")} add={x("ex.target_add")} rows={draft.targets} made={(key) => ({ key, what: "", within: "", from: "alarm" })} change={(targets) => change({ targets })}>
      {(one, set) => (
        <div id={problemId(one.key)}>
          <div className="pairs three">
            <Choice label={x("ex.target_what")} value={one.what} options={what} choose={(chosen) => set({ ...one, what: chosen, from: chosen === "metric/outage_shown" ? "disconnect" : one.from })} />
            <label className="field"><span>{x("ex.target_within")}</span><input value={one.within} maxLength={7} inputMode="numeric" onChange={(event) => set({ ...one, within: event.target.value })} /></label>
            <Choice label={x("ex.target_from")} value={one.from} options={targetStarts.map((name) => [name, x(`ex.from_${name}`)])} choose={(from) => set({ ...one, from })} />
          </div>
          <Remedy at={one.key} />
        </div>
      )}
    </Rows>
  );
}

export function Questions({ draft, language, change }: { draft: ExerciseDraft; language: Language; change: Change }) {
  const { x } = useDrillTexts();
  const name = (answer: string): string => {
    const key = `ex.asked_${answer}`;
    return isDrillText(key) ? x(key) : answer;
  };
  return (
    <Rows title={x("ex.questions")} text={x("ex.questions_text")} add={x("ex.question_add")} rows={draft.questions} change={(questions) => change({ questions })}
      made={(key) => ({ key, id: newQuestionId(draft.questions), answer: "yes_no", text: noText })}>
      {(one, set) => (
        <>
          <TextField at={one.key} label={x("ex.question")} language={language} value={one.text} change={(text) => set({ ...one, text })} />
          <Choice label={x("ex.question_answer")} value={one.answer} options={[...new Set([...askedAs, one.answer])].map((each) => [each, name(each)])} choose={(answer) => set({ ...one, answer })} />
        </>
      )}
    </Rows>
  );
}
