// Whether the lead of each office has approved the drill, who is waited for, and going on without an office that has not.
import { useState } from "react";
import { dateText } from "../core/age";
import type { DrillView } from "../core/drill-contract";
import { waitsForApprovalBy } from "../core/drill-rules";
import { Shape } from "../ui/shapes";
import { Refused } from "./parts";
import { useDrillTexts } from "./texts";
import type { DrillActions } from "./use-drills";

type Row = DrillView["approvals"][number];

export function Approval({ drill, actions }: { drill: DrillView; actions: DrillActions }) {
  const { x } = useDrillTexts();
  const rows = drill.approvals;
  const several = rows.length > 1;
  const said = rows.filter((one) => one.answer?.yes);
  const rest = rows.filter((one) => !one.answer?.yes);
  return (
    <section className="card stack">
      <h2>{x("ex.approval")}</h2>
      {several && <p>{x("ex.approved_count", { count: said.length, of: rows.length })}</p>}
      {rest.length > 0 && said.length === 0 && <p>{x("ex.not_approved_yet")}</p>}
      {(several || rest.some((one) => one.answer || one.asked.length > 0)) && <Rows rows={rest} named={several} />}
      {!several && <Rows rows={said} named={false} />}
      {several && said.length > 0 && (
        <details open={said.length <= 4}><summary>{x("ex.approved_offices", { count: said.length })}</summary><Rows rows={said} named /></details>
      )}
      {drill.can.includes("approve") && rest.some((one) => one.mine) && <Answer drill={drill} actions={actions} />}
      {drill.can.includes("go_without") && <GoWithout count={rest.length} actions={actions} />}
      <Refused actions={actions} of={["approve", "go_without"]} />
    </section>
  );
}

function Rows({ rows, named }: { rows: Row[]; named: boolean }) {
  const { x, language } = useDrillTexts();
  const word = (one: Row) => {
    if (one.answer?.yes) return x("ex.approved_by", { name: one.answer.by.name, date: dateText(one.answer.at, language) });
    if (one.answer) return x("ex.not_approved_by", { name: one.answer.by.name, reason: one.answer.reason || "–" });
    return one.asked.length > 0 ? x("ex.waits_for", { names: one.asked.map((each) => each.name).join(", ") }) : x("ex.waits_for_nobody");
  };
  return (
    <ul className="stack">
      {rows.map((one) => (
        <li key={one.office_id} className="approval">
          <Shape name={one.answer ? (one.answer.yes ? "tick" : "cross") : "clock"} />
          <span>{named && <><strong>{one.office}</strong><br /></>}{word(one)}</span>
        </li>
      ))}
    </ul>
  );
}

function Answer({ drill, actions }: { drill: DrillView; actions: DrillActions }) {
  const { x } = useDrillTexts();
  const [reason, setReason] = useState("");
  const own = drill.approvals.filter((one) => one.mine);
  return (
    <>
      {drill.approvals.length > 1 && <p>{x("ex.you_answer_for", { offices: own.map((one) => one.office).join(", ") })}</p>}
      <button type="button" className="button filled tall wide" aria-disabled={actions.busy !== null} onClick={() => void actions.act("approve", { yes: true })}>{x("ex.approve")}</button>
      {waitsForApprovalBy(drill) && (
        <>
          <label className="field"><span>{x("ex.reason")}</span><input value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} /></label>
          <button type="button" className="button" onClick={() => void actions.act("approve", { yes: false, reason: reason.trim() })}>{x("ex.not_approve")}</button>
        </>
      )}
    </>
  );
}

function GoWithout({ count, actions }: { count: number; actions: DrillActions }) {
  const { x } = useDrillTexts();
  const [open, setOpen] = useState(false);
  if (!open) return <button type="button" className="button" onClick={() => setOpen(true)}>{x("ex.go_without", { count })} …</button>;
  return (
    <div className="stack">
      <p>{x("ex.go_without_text")}</p>
      <div className="row">
        <button type="button" className="button" aria-disabled={actions.busy !== null} onClick={() => void actions.act("go_without")}>{x("ex.go_without_yes")}</button>
        <button type="button" className="button quiet" onClick={() => setOpen(false)}>{x("ex.back")}</button>
      </div>
    </div>
  );
}
