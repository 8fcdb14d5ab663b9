// One drill, for whoever looks: before it the plan and what it still needs, while it runs the board, afterwards what people say of it and what is to change.
import { useState } from "react";
import { Link } from "wouter";
import { dateText } from "../core/age";
import { telLink } from "../core/links";
import type { DrillView } from "../core/drill-contract";
import { clock_s, lineTime } from "../core/drill-rules";
import { useNow_ms } from "../io/hooks";
import { Page } from "../ui/Page";
import { Shape } from "../ui/shapes";
import { After } from "./After";
import { Before } from "./Before";
import { Board } from "./Board";
import { Refused, useOfficeNames } from "./parts";
import { TimeLine } from "./TimeLine";
import { useDrillTexts } from "./texts";
import { useDrill, useDrillActions, type DrillActions } from "./use-drills";
import "./drill.css";

export default function DrillScreen({ id, sos }: { id: string; sos: React.ReactNode }) {
  const { x, t } = useDrillTexts();
  const { value: drill, setValue, gone, failed } = useDrill(id);
  return (
    <Page broad={drill?.exercise != null}>
      {drill === null ? (
        <p role="status">{gone ? x("ex.gone") : failed ? x("ex.unknown") : t("app.loading")}</p>
      ) : (
        <div className="stack">
          {failed && <p className="notice dashed" role="status">{x("ex.unknown")}</p>}
          <Whole drill={drill} took={setValue} />
        </div>
      )}
      {sos}
    </Page>
  );
}

function Whole({ drill, took }: { drill: DrillView; took: (drill: DrillView) => void }) {
  const actions = useDrillActions(drill.id, took);
  const coordinates = drill.exercise !== null;
  return (
    <>
      <Head drill={drill} />
      {drill.state === "RUNNING" && <Running drill={drill} actions={actions} />}
      {(drill.state === "PLANNED" || drill.state === "ANNOUNCED") && coordinates && <Before drill={drill} actions={actions} />}
      {drill.state === "RUNNING" && coordinates && <TimeLine drill={drill} actions={actions} />}
      {drill.zero_at !== null && coordinates && <Board drill={drill} />}
      {(drill.state === "STOPPED" || drill.state === "REPORTED") && <After drill={drill} actions={actions} took={took} />}
      {!coordinates && drill.state !== "RUNNING" && drill.can.includes("leave_out") && <LeaveOut actions={actions} />}
    </>
  );
}

function Head({ drill }: { drill: DrillView }) {
  const { x, say, clock, language } = useDrillTexts();
  const stop = drill.stopping;
  return (
    <header className="drill-head stack">
      <Link href="/ovelser" className="drill-back">{x("ex.title")}</Link>
      <p className="drill-word">{x("ex.exercise").toLocaleUpperCase(language)}</p>
      <h1>{drill.name}</h1>
      {drill.state !== "RUNNING" && <p>{say(drill.goal)}</p>}
      {drill.state === "RUNNING" ? <details><summary>{x("ex.facts")}</summary><Facts drill={drill} /></details> : <Facts drill={drill} />}
      {stop && (
        <p className={`notice ${stop.why === "done" ? "" : "amber"}`} role="status">
          {x(`ex.stopped_${stop.why === "done" || stop.why === "stopped" || stop.why === "real" || stop.why === "overrun" ? stop.why : "failed"}`, { time: clock(stop.at), name: stop.by?.name ?? "Varde" })}
        </p>
      )}
    </header>
  );
}

function Facts({ drill }: { drill: DrillView }) {
  const { x, clock, language } = useDrillTexts();
  const names = useOfficeNames();
  return (
    <dl className="facts">
      <div><dt>{x("ex.status")}</dt><dd>{x(`ex.state_${drill.state}`)}</dd></div>
      <div><dt>{x("ex.when")}</dt><dd className="number">{drill.starts_at && drill.ends_at ? `${dateText(drill.starts_at, language)} ${clock(drill.starts_at)}–${clock(drill.ends_at)}` : x("ex.week", { week: drill.week.slice(-2) })}</dd></div>
      <div><dt>{x("ex.offices")}</dt><dd>{drill.offices.map((one) => names[one] ?? one).join(", ")}</dd></div>
        {drill.leader && (
        <div><dt>{x("ex.leader")}</dt><dd>{drill.leader.name}{drill.leader.phone && <> · <a className="number" href={telLink(drill.leader.phone)}>{drill.leader.phone}</a></>}</dd></div>
      )}
    </dl>
  );
}

/** What everyone who is in it sees: the clock, what they are to be told, and the way out. */
function Running({ drill, actions }: { drill: DrillView; actions: DrillActions }) {
  const { x, say, clock } = useDrillTexts();
  const seconds = clock_s(drill, useNow_ms());
  const counting = seconds !== null && seconds < 0;
  return (
    <section className="drill-running stack" aria-label={x("ex.running")}>
      <p className="drill-clock"><span>{x(counting ? "ex.countdown" : "ex.running")}</span> <strong className="number" role="timer">{seconds === null ? "–" : lineTime(Math.abs(seconds))}</strong></p>
      {drill.runs_until && <p>{x("ex.over_at", { time: clock(drill.runs_until) })}</p>}
      <StopDrill drill={drill} actions={actions} />
      <p>{x("ex.real_help")}</p>
      {drill.alarms.map((id) => <Link key={id} className="button tall wide" href={`/i/${id}`}>{x("ex.open_alarm")} <Shape name="arrow" /></Link>)}
      {drill.takes_part && (
        <section className="card stack" aria-live="polite">
          <h2>{x("ex.my_injects")}</h2>
          {drill.my_injects.length === 0 && <p>{x("ex.no_injects")}</p>}
          <ul className="stack">{drill.my_injects.toReversed().map((one) => <li key={one.id}><p className="inject-text">{say(one.text)}</p><p className="soft number">{clock(one.at, true)}</p></li>)}</ul>
        </section>
      )}
    </section>
  );
}

/** Two taps: the second stops it for everybody. Anyone who takes part may. */
function StopDrill({ drill, actions }: { drill: DrillView; actions: DrillActions }) {
  const { x } = useDrillTexts();
  const [open, setOpen] = useState(false);
  if (!drill.can.includes("stop")) return null;
  const coordinates = drill.can.includes("give");
  return (
    <div className="stack">
      {!open && <button type="button" className="button tall wide drill-stop" onClick={() => setOpen(true)}><Shape name="square" size={22} /> {x("ex.stop_word")}{"\u00a0…"}</button>}
      {open && (
        <div className="confirm stack" role="group" aria-label={x("ex.stop_word")}>
          <p><strong>{x("ex.stop_text")}</strong></p>
          {coordinates && <button type="button" className="button filled tall wide" aria-disabled={actions.busy === "stop"} onClick={() => void actions.act("stop", { why: "done" })}>{x("ex.end")}</button>}
          <button type="button" className="button tall wide drill-stop" aria-disabled={actions.busy === "stop"} onClick={() => void actions.act("stop", { why: "stopped" })}>{actions.busy === "stop" ? x("ex.busy") : x("ex.stop_yes")}</button>
          <button type="button" className="button tall wide" onClick={() => setOpen(false)}>{x("ex.stop_no")}</button>
        </div>
      )}
      <Refused actions={actions} of={["stop", "give"]} />
    </div>
  );
}

function LeaveOut({ actions }: { actions: DrillActions }) {
  const { x } = useDrillTexts();
  return (
    <details className="card">
      <summary>{x("ex.left_out_title")}</summary>
      <div className="stack">
        <p>{x("ex.left_out_text")}</p>
        <button type="button" className="button" onClick={() => void actions.act("leave_out", { on: true })}>{x("ex.left_out_one")}</button>
        <Refused actions={actions} of={["leave_out"]} />
      </div>
    </details>
  );
}
