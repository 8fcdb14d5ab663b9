// After the drill: people's own two minutes, who was there, findings with owner and date, and the report.
import { useState } from "react";
import { Link } from "wouter";
import { dateText } from "../core/age";
import type { DrillView } from "../core/drill-contract";
import { put } from "../io/api";
import { Findings } from "./Findings";
import { Refused, WhoWasAsked } from "./parts";
import { refusalText, useDrillTexts } from "./texts";
import { useColleagues } from "./use-choices";
import { untilAnswered, type DrillActions } from "./use-drills";

export function After({ drill, actions, took }: { drill: DrillView; actions: DrillActions; took: (drill: DrillView) => void }) {
  const { x } = useDrillTexts();
  const coordinates = drill.exercise !== null;
  return (
    <>
      {coordinates && <Link className="button filled tall wide" href={`/ovelse/${drill.id}/rapport`}>{x("ex.report_open")}</Link>}
      {drill.state === "STOPPED" && (drill.takes_part || drill.observes) && <Evaluation drill={drill} />}
      {coordinates && (
        <div className="drill-columns">
          <div className="stack"><Findings drill={drill} took={took} /></div>
          <div className="stack">
            {drill.can.includes("attend") && <Attended drill={drill} actions={actions} />}
            <Remark drill={drill} actions={actions} />
            {drill.can.includes("report") && <Finish actions={actions} />}
            {drill.summary && <section className="card stack"><h2>{x("ex.summary")}</h2><p>{drill.summary}</p></section>}
          </div>
        </div>
      )}
      {!coordinates && drill.my_findings.length > 0 && <Findings drill={{ ...drill, findings: drill.my_findings }} took={took} />}
    </>
  );
}

/** Nobody has to answer everything; what is answered is kept until the report is finished. */
function Evaluation({ drill }: { drill: DrillView }) {
  const { x, say } = useDrillTexts();
  const [answers, setAnswers] = useState<Record<string, string>>({});
  const [state, setState] = useState<"open" | "sending" | "sent" | string>("open");
  const given = Object.entries(answers).filter(([, answer]) => answer.trim() !== "");
  const send = async () => {
    if (given.length === 0 || state === "sending") return;
    setState("sending");
    const body = { answers: given.map(([question, answer]) => ({ question, answer: answer.trim() })) };
    const answer = await untilAnswered(() => put<unknown>(`/api/drills/${encodeURIComponent(drill.id)}/evaluation`, body), () => setState("no_answer"));
    setState(answer.ok ? "sent" : (answer.reason ?? "no_answer"));
  };
  const choose = (question: string, answer: string) => setAnswers({ ...answers, [question]: answer });
  return (
    <form className="card stack" onSubmit={(event) => { event.preventDefault(); void send(); }}>
      <h2>{x("ex.evaluate")}</h2>
      <p className="soft">{x("ex.evaluate_text")}</p>
      {drill.questions.map((one) => {
        if (one.answer === "text") return <label key={one.id} className="field"><span>{say(one.text)}</span><textarea maxLength={1000} value={answers[one.id] ?? ""} onChange={(event) => choose(one.id, event.target.value)} /></label>;
        const options = one.answer === "yes_no" ? [["yes", x("ex.yes")], ["no", x("ex.no")]] as const : (["1", "2", "3", "4", "5"] as const).map((each) => [each, each] as const);
        return (
          <fieldset key={one.id}>
            <legend>{say(one.text)}</legend>
            <div className={`choices ${one.answer === "yes_no" ? "across" : "scale"}`}>
              {options.map(([value, name]) => <label key={value} className="choice"><input type="radio" name={one.id} checked={answers[one.id] === value} onChange={() => choose(one.id, value)} />{name}</label>)}
            </div>
          </fieldset>
        );
      })}
      <button type="submit" className="button filled tall wide" aria-disabled={given.length === 0 || state === "sending"}>{state === "sending" ? x("ex.busy") : x("ex.send")}</button>
      <p role="status">{state === "sent" ? x("ex.sent") : ""}</p>
      {!["open", "sending", "sent"].includes(state) && <p className="notice amber" role="alert">{refusalText(x, state)}</p>}
    </form>
  );
}

function Attended({ drill, actions }: { drill: DrillView; actions: DrillActions }) {
  const { x } = useDrillTexts();
  const people = useColleagues(drill.offices);
  const [chosen, setChosen] = useState<string[] | null>(null);
  const there = chosen ?? drill.attended.map((one) => one.id);
  return (
    <details className="card">
      <summary>{x("ex.attended")} ({drill.attended.length})</summary>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); void actions.act("attend", { people: there }); }}>
        <p className="soft">{x("ex.attended_text")}</p>
        <div className="ticks">
          {people.map((one) => (
            <label key={one.id} className="check-line"><input type="checkbox" checked={there.includes(one.id)} onChange={(event) => setChosen(event.target.checked ? [...there, one.id] : there.filter((id) => id !== one.id))} />{one.name}</label>
          ))}
        </div>
        <button type="submit" className="button" aria-disabled={actions.busy !== null}>{actions.busy === "attend" ? x("ex.busy") : x("ex.save")}</button>
        <Refused actions={actions} of={["attend"]} />
      </form>
    </details>
  );
}

function Remark({ drill, actions }: { drill: DrillView; actions: DrillActions }) {
  const { x, language } = useDrillTexts();
  const [who, setWho] = useState("");
  const [remark, setRemark] = useState("");
  const own = drill.can.includes("consult") && !drill.can.includes("report") && !drill.can.includes("add_finding");
  return (
    <section className="card stack">
      <h2>{x("ex.remark_after")}</h2>
      {drill.remark && <blockquote>{drill.remark.remark}<footer className="soft">{drill.remark.who.name}, {dateText(drill.remark.at, language)}</footer></blockquote>}
      {drill.can.includes("consult") && (
        <form className="stack" onSubmit={(event) => { event.preventDefault(); void actions.act("consult", { ...(who.trim() ? { who: who.trim() } : {}), remark: remark.trim() }); }}>
          {!own && <WhoWasAsked drill={drill} who={who} choose={setWho} />}
          <label className="field"><span>{x("ex.consult_remark")}</span><textarea value={remark} maxLength={2000} onChange={(event) => setRemark(event.target.value)} /></label>
          <button type="submit" className="button" aria-disabled={remark.trim() === "" || (!own && who.trim() === "")}>{x("ex.save")}</button>
        </form>
      )}
      <Refused actions={actions} of={["consult"]} />
    </section>
  );
}

function Finish({ actions }: { actions: DrillActions }) {
  const { x } = useDrillTexts();
  const [summary, setSummary] = useState("");
  return (
    <form className="card stack" onSubmit={(event) => { event.preventDefault(); void actions.act("report", { summary: summary.trim() }); }}>
      <label className="field"><span>{x("ex.summary")}</span><textarea value={summary} maxLength={2000} onChange={(event) => setSummary(event.target.value)} /></label>
      <button type="submit" className="button filled" aria-disabled={actions.busy !== null}>{actions.busy === "report" ? x("ex.busy") : x("ex.report_done")}</button>
      <Refused actions={actions} of={["report"]} />
    </form>
  );
}
