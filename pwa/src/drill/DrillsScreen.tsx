// The drills of my offices: what runs, what comes, what waits to be evaluated; and the choice to sit them out.
import { useState } from "react";
import { Link } from "wouter";
import { dateText } from "../core/age";
import type { DrillView } from "../core/drill-contract";
import { officesWhere, plansDrillsBy } from "../core/session-contract";
import { inDrillOrder, isApproved, waitsForApprovalBy, type DrillGroup } from "../core/drill-rules";
import { put } from "../io/api";
import { useSession } from "../io/hooks";
import { Page } from "../ui/Page";
import { Shape } from "../ui/shapes";
import { FindingRow } from "./Findings";
import { useDrillTexts } from "./texts";
import { useDrills } from "./use-drills";
import "./drill.css";

const groups: DrillGroup[] = ["running", "to_evaluate", "coming", "done"];

export function useMayPlan(): boolean {
  return officesWhere(useSession(), plansDrillsBy).length > 0;
}

export default function DrillsScreen({ sos }: { sos: React.ReactNode }) {
  const { x } = useDrillTexts();
  const mayPlan = useMayPlan();
  const { value, failed, fetchNow } = useDrills();
  const drills = value?.drills ?? [];
  const mine = drills.flatMap((drill) => drill.my_findings.filter((one) => one.closed_at === null).map((finding) => ({ drill, finding })));
  return (
    <Page>
      <div className="stack">
        <div className="row apart">
          <h1>{x("ex.title")}</h1>
          {mayPlan && <span className="row"><Link className="button tall" href="/ovelser/katalog">{x("ex.catalogue_short")}</Link><Link className="button tall" href="/ovelser/program">{x("ex.programme_short")}</Link><Link className="button filled tall" href="/ovelser/ny">{x("ex.plan_new")}</Link></span>}
        </div>
        <p className="soft">{x("ex.lead")}</p>
        {failed && <p className="notice dashed" role="status">{x("ex.unknown")}</p>}
        {mine.length > 0 && (
          <section className="card stack">
            <h2>{x("ex.my_findings")}</h2>
            <ul className="stack">{mine.map(({ drill, finding }) => <FindingRow key={finding.id} drill={drill} finding={finding} took={() => void fetchNow()} />)}</ul>
          </section>
        )}
        {groups.map((group) => {
          const some = inDrillOrder(drills, group);
          return some.length === 0 ? null : (
            <section key={group} className="stack">
              <h2>{x(`ex.group_${group}`)}</h2>
              <ul className="drill-rows">{some.map((one) => <li key={one.id}><DrillRow drill={one} /></li>)}</ul>
            </section>
          );
        })}
        {value && drills.length === 0 && <p className="soft">{x("ex.none")}</p>}
        {value && <LeftOut out={value.left_out} />}
      </div>
      {sos}
    </Page>
  );
}

function DrillRow({ drill }: { drill: DrillView }) {
  const { x, clock, language } = useDrillTexts();
  const waits = waitsForApprovalBy(drill);
  return (
    <Link className={`drill-row ${drill.state === "RUNNING" ? "running" : ""}`} href={`/ovelse/${drill.id}`}>
      <span className="drill-row-name"><strong>{drill.name}</strong><span className="soft">{x(`ex.state_${drill.state}`)}</span></span>
      <span className="number">{drill.starts_at ? `${dateText(drill.starts_at, language)} ${clock(drill.starts_at)}` : x("ex.week", { week: drill.week.slice(-2) })}</span>
      {waits && <span className="drill-row-waits"><Shape name="triangle" /> {x("ex.needs_you")}</span>}
      {!waits && drill.state === "PLANNED" && !isApproved(drill) && <span className="drill-row-waits">{x("ex.needs_approval")}</span>}
    </Link>
  );
}

function LeftOut({ out: known }: { out: boolean }) {
  const { x, t } = useDrillTexts();
  const [out, setOut] = useState(known);
  const [failed, setFailed] = useState(false);
  const choose = async (wanted: boolean) => {
    setOut(wanted);
    const answer = await put("/api/drills/left-out", { out: wanted });
    setFailed(!answer.ok);
    if (!answer.ok) setOut(!wanted);
  };
  return (
    <details className="card">
      <summary>{x("ex.left_out_title")}</summary>
      <div className="stack">
        <p>{x("ex.left_out_text")}</p>
        <label className="check-line"><input type="checkbox" checked={out} onChange={(event) => void choose(event.target.checked)} />{x("ex.left_out_on")}</label>
        {failed && <p role="alert">{t("home.duty_failed")}</p>}
      </div>
    </details>
  );
}
