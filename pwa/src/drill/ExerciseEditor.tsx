// Writing an own exercise: scenario, time line, target times and questions, in the language that one thinks in. What is wrong is said beside it.
import { useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { bodyOf, draftOf, problemsOf, type ExerciseDraft } from "../core/exercise-draft";
import type { Language } from "../core/session-contract";
import { uuid7 } from "../core/uuid7";
import { put } from "../io/api";
import { useServices, useValue } from "../io/hooks";
import { Page } from "../ui/Page";
import { drillTexts, refusalText, useDrillTexts } from "./texts";
import { Choice, Injects, isWrong, problemId, ProblemsContext, Questions, Remedy, Rows, Targets, TextField } from "./exercise-parts";
import { useRoleNames } from "./parts";
import { useExercises, usePlannedOffices, type WholeCatalogue } from "./use-exercises";
import { untilAnswered } from "./use-drills";
import "./drill.css";

const written_in: Record<Language, string> = { nb: "Bokmål", nn: "Nynorsk", en: "English" };
const sizes = ["under_15", "from_15_to_60", "over_60"] as const;

export function CopyExercise({ id, sos }: { id: string; sos: React.ReactNode }) {
  return <Editor id={id} copy sos={sos} />;
}

export function ChangeExercise({ id, sos }: { id: string; sos: React.ReactNode }) {
  return <Editor id={id} copy={false} sos={sos} />;
}

function Editor({ id, copy, sos }: { id: string; copy: boolean; sos: React.ReactNode }) {
  const { x, t } = useDrillTexts();
  const { catalogue, failed } = useExercises();
  const offices = usePlannedOffices();
  const from = catalogue?.exercises.find((one) => one.id === id) ?? null;
  const held = useRef<ExerciseDraft | null>(null);
  if (!catalogue) return <Page><p role="status">{failed ? x("ex.unknown") : t("app.loading")}</p></Page>;
  if (!from || (!copy && !offices.some((one) => one.id === from.office_id))) return <Page><p>{x("ex.exercise_gone")}</p><Link href="/ovelser/katalog">{x("ex.catalogue")}</Link>{sos}</Page>;
  held.current ??= draftOf(from, uuid7, copy ? {
    id: `own-${uuid7()}`, office_id: offices[0]?.id ?? "", title: (title, language) => drillTexts[language]["ex.copy_of"].replace("{{name}}", title),
  } : null);
  return <Form start={held.current} catalogue={catalogue} sos={sos} />;
}

function Form({ start, catalogue, sos }: { start: ExerciseDraft; catalogue: WholeCatalogue; sos: React.ReactNode }) {
  const { x, say, language: own } = useDrillTexts();
  const [, go] = useLocation();
  const offices = usePlannedOffices();
  const content = useValue(useServices().content);
  const roleName = useRoleNames();
  const [draft, setDraft] = useState(start);
  const [language, setLanguage] = useState<Language>(own);
  const [shown, setShown] = useState(false);
  const [state, setState] = useState<"open" | "sending" | string>("open");
  const change = (some: Partial<ExerciseDraft>) => setDraft((before) => ({ ...before, ...some }));
  const problems = problemsOf(draft);
  const roles = [...new Set([...draft.roles, ...Object.keys(content?.roles ?? {})])].sort((one, other) => roleName(one).localeCompare(roleName(other), own));

  const save = async () => {
    setShown(true);
    const first = problems[0];
    if (first) {
      document.getElementById(problemId(first.at))?.scrollIntoView({ block: "center" });
      return;
    }
    setState("sending");
    const answer = await untilAnswered(() => put<unknown>(`/api/exercises/${encodeURIComponent(draft.id)}`, bodyOf(draft)), () => setState("no_answer"));
    // an answer that was lost on its way: what was sent is what is kept, and the next try finds its own version there
    if (answer.ok) go("/ovelser/katalog");
    else setState(answer.reason ?? "no_answer");
  };

  return (
    <Page>
      <ProblemsContext.Provider value={shown ? problems : []}>
        <form className="stack plan" noValidate onSubmit={(event) => { event.preventDefault(); void save(); }}>
          <Link className="drill-back" href="/ovelser/katalog">← {x("ex.catalogue")}</Link>
          <h1>{draft.version === 0 ? x("ex.copy_title") : x("ex.edit_title")}</h1>
          <fieldset><legend>{x("ex.writes_in")}</legend>
            <p className="soft">{x("ex.writes_in_text")}</p>
            <div className="choices three">{(["nb", "nn", "en"] as const).map((one) => <label key={one} className="choice"><input type="radio" name="language" checked={language === one} onChange={() => setLanguage(one)} />{written_in[one]}</label>)}</div>
          </fieldset>
          {offices.length > 1 && draft.version === 0 && <Choice label={x("ex.own_of")} value={draft.office_id} options={offices.map((one) => [one.id, one.name])} choose={(office_id) => change({ office_id })} />}
          <TextField at="title" label={x("ex.name")} language={language} value={draft.title} change={(title) => change({ title })} />
          <TextField at="goal" label={x("ex.goal")} language={language} value={draft.goal} change={(goal) => change({ goal })} long />
          <div className="pairs">
            <Choice label={x("ex.form")} value={draft.form} options={Object.entries(catalogue.forms).map(([name, text]) => [name, say(text)])} choose={(form) => change({ form })} />
            <label className="field" id={problemId("minutes")}><span>{x("ex.duration")}</span><input type="number" inputMode="numeric" min={1} max={480} value={draft.minutes || ""} aria-invalid={shown && isWrong(problems, "minutes")} onChange={(event) => change({ minutes: Math.trunc(Number(event.target.value)) || 0 })} /><Remedy at="minutes" /></label>
          </div>
          <Choice label={x("ex.situation")} value={draft.situation} options={[["", x("ex.situation_none")], ...Object.entries(content?.situations ?? {}).map(([name, one]) => [name, say(one.when)] as [string, string])]} choose={(situation) => change({ situation })} />
          <Choice label={x("ex.notice")} value={draft.notice} options={Object.entries(catalogue.notices).map(([name, text]) => [name, say(text)])} choose={(notice) => change({ notice })} />
          <fieldset id={problemId("roles")}><legend>{x("ex.roles_in")}</legend>
            <div className="ticks">{roles.map((one) => <label key={one} className="check-line"><input type="checkbox" checked={draft.roles.includes(one)} onChange={(event) => change({ roles: event.target.checked ? [...draft.roles, one] : draft.roles.filter((each) => each !== one) })} />{roleName(one)}</label>)}</div>
            <Remedy at="roles" />
          </fieldset>
          <Rows title={x("ex.setup")} add={x("ex.setup_add")} rows={draft.setup} made={(key) => ({ key, text: { texts: { nb: "", nn: "", en: "" }, own: [] } })} change={(setup) => change({ setup })}>
            {(one, set) => <TextField at={one.key} label={x("ex.setup_one")} language={language} value={one.text} change={(text) => set({ ...one, text })} />}
          </Rows>
          <Injects draft={draft} language={language} change={change} />
          <Targets draft={draft} catalogue={catalogue} change={change} />
          <Questions draft={draft} language={language} change={change} />
          <details className="card"><summary>{x("ex.per_year")}</summary>
            <div className="pairs three">{sizes.map((one) => <label key={one} className="field"><span>{x(`ex.size_${one}`)}</span><input type="number" min={0} max={52} step={0.5} value={draft.per_year[one] ?? 0} onChange={(event) => change({ per_year: { ...draft.per_year, [one]: Math.max(0, Math.min(52, Number(event.target.value) || 0)) } })} /></label>)}</div>
          </details>
          {shown && problems.length > 0 && <p className="notice amber" role="alert">{x("ex.problems", { count: problems.length })}</p>}
          {!["open", "sending"].includes(state) && <p className="notice amber" role="alert">{refusalText(x, state)}</p>}
          <button type="submit" className="button filled tall wide" aria-disabled={state === "sending"}>{state === "sending" ? x("ex.sending") : x("ex.save_exercise")}</button>
        </form>
      </ProblemsContext.Provider>
      {sos}
    </Page>
  );
}
