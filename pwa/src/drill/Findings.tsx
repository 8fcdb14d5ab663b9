// What a drill has shown: each finding has an owner and a date, and stays until its owner says what was done.
import { useState } from "react";
import { dateText } from "../core/age";
import type { DrillView, Finding } from "../core/drill-contract";
import { osloDate } from "../core/oslo";
import { useNow_ms } from "../io/hooks";
import { Shape } from "../ui/shapes";
import { refusalText, useDrillTexts } from "./texts";
import { useDrillActions } from "./use-drills";
import { useColleagues } from "./use-choices";

export function FindingRow({ drill, finding, took }: { drill: DrillView; finding: Finding; took: (drill: DrillView) => void }) {
  const { x, language } = useDrillTexts();
  const { act, busy, refused } = useDrillActions(drill.id, took);
  const today = osloDate(useNow_ms());
  const [closing, setClosing] = useState(false);
  const [outcome, setOutcome] = useState("");
  const mayClose = finding.closed_at === null && drill.can.includes("close_finding");
  const late = finding.closed_at === null && finding.due_on < today;
  return (
    <li className={`finding ${finding.closed_at ? "closed" : ""}`}>
      <p><strong>{finding.text}</strong></p>
      <p className="soft">
        {finding.owner.name} · {finding.closed_at ? x("ex.finding_closed", { date: dateText(finding.closed_at, language) }) : x("ex.finding_due_on", { date: dateText(finding.due_on, language) })}
        {late && <strong className="late-word"> <Shape name="triangle" size={16} /> {x("ex.finding_overdue")}</strong>}
      </p>
      {finding.outcome && <p>{finding.outcome}</p>}
      {mayClose && !closing && <button type="button" className="button" onClick={() => setClosing(true)}>{x("ex.finding_close")}</button>}
      {mayClose && closing && (
        <form className="stack" onSubmit={(event) => { event.preventDefault(); void act("close_finding", { finding_id: finding.id, outcome: outcome.trim() }); }}>
          <label className="field"><span>{x("ex.finding_outcome")}</span><textarea value={outcome} maxLength={2000} onChange={(event) => setOutcome(event.target.value)} /></label>
          <button type="submit" className="button filled" aria-disabled={busy !== null}>{busy ? x("ex.busy") : x("ex.finding_close")}</button>
          {refused && <p role="alert">{refusalText(x, refused.reason)}</p>}
        </form>
      )}
    </li>
  );
}

export function Findings({ drill, took }: { drill: DrillView; took: (drill: DrillView) => void }) {
  const { x } = useDrillTexts();
  return (
    <section className="card stack" aria-label={x("ex.findings")}>
      <h2>{x("ex.findings")}</h2>
      {drill.findings.length === 0 && <p className="soft">{x("ex.no_findings")}</p>}
      <ul className="stack">{drill.findings.map((one) => <FindingRow key={one.id} drill={drill} finding={one} took={took} />)}</ul>
      {drill.can.includes("add_finding") && <AddFinding drill={drill} took={took} />}
    </section>
  );
}

function AddFinding({ drill, took }: { drill: DrillView; took: (drill: DrillView) => void }) {
  const { x } = useDrillTexts();
  const { act, busy, refused } = useDrillActions(drill.id, took);
  const people = useColleagues(drill.offices);
  const in_30_days = osloDate(useNow_ms() + 30 * 86_400_000);
  const [text, setText] = useState("");
  const [owner, setOwner] = useState("");
  const [due, setDue] = useState("");
  const ready = text.trim() !== "" && owner !== "";
  const add = async () => {
    if (ready && busy === null && (await act("add_finding", { text: text.trim(), owner_id: owner, due_on: due || in_30_days }))) setText("");
  };
  return (
    <form className="stack" onSubmit={(event) => { event.preventDefault(); void add(); }}>
      <label className="field"><span>{x("ex.finding_text")}</span><textarea value={text} maxLength={2000} onChange={(event) => setText(event.target.value)} /></label>
      <div className="pairs">
        <label className="field"><span>{x("ex.finding_owner")}</span>
          <select value={owner} onChange={(event) => setOwner(event.target.value)}>
            <option value="">{x("ex.choose")}</option>
            {people.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
          </select>
        </label>
        <label className="field"><span>{x("ex.finding_due")}</span><input type="date" value={due || in_30_days} onChange={(event) => setDue(event.target.value)} /></label>
      </div>
      <button type="submit" className="button" aria-disabled={!ready || busy !== null}>{busy ? x("ex.busy") : x("ex.finding_add")}</button>
      {refused && <p role="alert">{refusalText(x, refused.reason)}</p>}
    </form>
  );
}
