// Before the drill: who has approved it and was consulted, what is in the way, who would get what, and the start.
import { useState } from "react";
import { Link } from "wouter";
import { dateText } from "../core/age";
import type { Clash, DrillView, DryRun } from "../core/drill-contract";
import { lineTime } from "../core/drill-rules";
import { get } from "../io/api";
import { Approval } from "./Approval";
import { Shape } from "../ui/shapes";
import { Refused, WhoWasAsked, useChannelName, useOfficeNames, useRoleNames } from "./parts";
import { isDrillText, useDrillTexts } from "./texts";
import { TimeLine } from "./TimeLine";
import { useColleagues } from "./use-choices";
import type { DrillActions } from "./use-drills";

const countdowns_s = [0, 30, 120];

export function Before({ drill, actions }: { drill: DrillView; actions: DrillActions }) {
  const { x } = useDrillTexts();
  const may = (action: string) => drill.can.includes(action);
  return (
    <>
      <div className="drill-columns">
        <div className="stack">
          <Approval drill={drill} actions={actions} />
          <Consultation drill={drill} actions={actions} />
          <WhoIsIn drill={drill} actions={actions} />
        </div>
        <div className="stack">
          <DryRunCard drill={drill} />
          {may("start") && <Start drill={drill} actions={actions} />}
        </div>
      </div>
      <TimeLine drill={drill} actions={actions} />
      <div className="row">
        {may("replan") && <Link className="button" href={`/ovelse/${drill.id}/endre`}>{x("ex.change")}</Link>}
        {may("cancel") && <Cancel actions={actions} />}
      </div>
    </>
  );
}

function Consultation({ drill, actions }: { drill: DrillView; actions: DrillActions }) {
  const { x, language } = useDrillTexts();
  const [who, setWho] = useState("");
  const [remark, setRemark] = useState("");
  const found = drill.consulted;
  const own = drill.can.includes("consult") && !drill.can.includes("replan");
  const fields = { ...(who.trim() ? { who: who.trim() } : {}), remark: remark.trim() };
  return (
    <section className="card stack">
      <h2>{x("ex.consult")}</h2>
      {found ? <p><Shape name="tick" /> {x("ex.consulted_by", { name: found.who.name, date: dateText(found.at, language) })}</p> : <p>{x("ex.not_consulted_yet")}</p>}
      {found?.remark && <blockquote>{found.remark}</blockquote>}
      {drill.can.includes("consult") && (
        <form className="stack" onSubmit={(event) => { event.preventDefault(); void actions.act("consult", fields); }}>
          {!own && <WhoWasAsked drill={drill} who={who} choose={setWho} />}
          <label className="field"><span>{x("ex.consult_remark")}</span><textarea value={remark} maxLength={2000} onChange={(event) => setRemark(event.target.value)} /></label>
          <button type="submit" className="button" aria-disabled={actions.busy !== null || (!own && who.trim() === "")}>{x("ex.consult_save")}</button>
        </form>
      )}
      <Refused actions={actions} of={["consult"]} />
    </section>
  );
}

function WhoIsIn({ drill, actions }: { drill: DrillView; actions: DrillActions }) {
  const { x, t } = useDrillTexts();
  const roleName = useRoleNames();
  const people = useColleagues(drill.offices);
  const [one, setOne] = useState("");
  const out = drill.left_out;
  const names = (some: { name: string }[]) => some.map((each) => each.name).join(", ");
  return (
    <section className="card stack">
      <h2>{x("ex.who")}</h2>
      <p>{drill.participants.length === 0 ? x("ex.everyone") : names(drill.participants)}</p>
      {drill.observers.length > 0 && <p><strong>{x("ex.observers")}:</strong> {names(drill.observers)}</p>}
      {drill.cast.length > 0 && <p><strong>{x("ex.cast")}:</strong> {drill.cast.map((each) => `${roleName(each.role)}: ${each.name}`).join(", ")}</p>}
      {out !== null && drill.can.includes("leave_out") && (
        <details>
          <summary>{x("ex.left_out_count", { count: out.length })}</summary>
          <ul className="stack">
            {out.map((each) => (
              <li key={each.id} className="row apart">{each.name}<button type="button" className="button quiet" onClick={() => void actions.act("leave_out", { person_id: each.id, on: false })}>{t("app.cancel")}</button></li>
            ))}
          </ul>
          <div className="row">
            <label className="field"><span>{x("ex.left_out_add")}</span>
              <select value={one} onChange={(event) => setOne(event.target.value)}>
                <option value="">{x("ex.choose")}</option>
                {people.filter((each) => !out.some((there) => there.id === each.id)).map((each) => <option key={each.id} value={each.id}>{each.name}</option>)}
              </select>
            </label>
            <button type="button" className="button" aria-disabled={one === ""} onClick={() => { if (one) void actions.act("leave_out", { person_id: one, on: true }); setOne(""); }}>{x("ex.save")}</button>
          </div>
          <Refused actions={actions} of={["leave_out"]} />
        </details>
      )}
    </section>
  );
}

function DryRunCard({ drill }: { drill: DrillView }) {
  const { x, t } = useDrillTexts();
  const names = useOfficeNames();
  const [found, setFound] = useState<DryRun | null>(null);
  const [failed, setFailed] = useState(false);
  const run = async () => {
    const answer = await get<DryRun>(`/api/drills/${encodeURIComponent(drill.id)}/dry-run`);
    setFound(answer.ok ? answer.body : null);
    setFailed(!answer.ok);
  };
  const channel = useChannelName();
  return (
    <section className="card stack">
      <h2>{x("ex.dry_run")}</h2>
      <p className="soft">{x("ex.dry_run_text")}</p>
      <button type="button" className="button" onClick={() => void run()}>{x("ex.dry_run_do")}</button>
      {failed && <p role="alert">{x("ex.unknown")}</p>}
      {found && (
        <div aria-live="polite" className="stack">
          {found.told.length === 0 && <p className="notice amber">{x("ex.nobody_told")}</p>}
          {found.told.length > 0 && (
            <div className="scroll-x" tabIndex={0} role="region" aria-label={x("ex.dry_run")}>
              <table className="drill-table">
                <thead><tr><th scope="col">{x("ex.time")}</th><th scope="col">{x("ex.person")}</th><th scope="col">{x("ex.channels")}</th></tr></thead>
                <tbody>
                  {found.told.map((one, n) => (
                    <tr key={`${one.person_id}-${one.at_s}-${n}`}>
                      <td className="number">{lineTime(one.at_s)}</td>
                      <td>{one.name ?? t("ready.people", { count: one.people })}{drill.offices.length > 1 && <span className="soft"> · {names[one.office_id] ?? one.office_id}</span>}</td>
                      <td className="channels">{one.channels.map((each) => `${channel(each.channel)} ${lineTime(each.at_s)}`).join(", ")}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
          {found.would_have.length > 0 && (
            <>
              <h3>{x("ex.would_have")}</h3>
              <ul className="reading">{found.would_have.map((one, n) => <li key={n}>{one.name ?? x("ex.would_have_people", { count: one.people })} · <span className="number">{lineTime(one.at_s)}</span>{one.channels.length > 0 && ` · ${one.channels.map(channel).join(", ")}`}</li>)}</ul>
            </>
          )}
        </div>
      )}
    </section>
  );
}

function Start({ drill, actions }: { drill: DrillView; actions: DrillActions }) {
  const { x } = useDrillTexts();
  const [clashes, setClashes] = useState<Clash[] | null>(null);
  const [accepted, setAccepted] = useState<string[]>([]);
  const [in_s, setIn] = useState(30);
  const check = async () => {
    const answer = await get<{ clashes: Clash[] }>(`/api/drills/${encodeURIComponent(drill.id)}/check`);
    setClashes(answer.ok ? (answer.body?.clashes ?? []) : null);
    return answer.ok;
  };
  const blocked = clashes?.some((one) => one.blocks) ?? false;
  const open = clashes !== null && clashes.filter((one) => !one.blocks).every((one) => accepted.includes(one.kind));
  return (
    <section className="card stack">
      <h2>{x("ex.start")}</h2>
      {drill.can.includes("announce") && (
        <button type="button" className="button tall wide" aria-disabled={actions.busy !== null} onClick={() => void actions.act("announce")}>{x(drill.notice === "unannounced" ? "ex.announce_hidden" : "ex.announce")}</button>
      )}
      <Refused actions={actions} of={["announce"]} />
      <button type="button" className="button" onClick={() => void check()}>{x("ex.check")}</button>
      {clashes?.length === 0 && <p role="status"><Shape name="tick" /> {x("ex.check_clear")}</p>}
      {clashes && clashes.length > 0 && (
        <ul className="stack" aria-live="polite">
          {clashes.map((one) => (
            <li key={`${one.kind}-${one.office_id}`} className="notice">
              <span>{isDrillText(`ex.clash_${one.kind}`) ? x(`ex.clash_${one.kind}` as never, { count: one.count }) : one.kind}</span>
              {!one.blocks && <label className="check-line"><input type="checkbox" checked={accepted.includes(one.kind)} onChange={(event) => setAccepted(event.target.checked ? [...accepted, one.kind] : accepted.filter((kind) => kind !== one.kind))} />{x("ex.accept")}</label>}
            </li>
          ))}
        </ul>
      )}
      {clashes !== null && !blocked && (
        <>
          <fieldset>
            <legend className="hidden-text">{x("ex.start")}</legend>
            <div className="choices across">
              {countdowns_s.map((one) => (
                <label key={one} className="choice"><input type="radio" name="countdown" checked={in_s === one} onChange={() => setIn(one)} />{one === 0 ? x("ex.start_now") : x("ex.start_in", { text: lineTime(one) })}</label>
              ))}
            </div>
          </fieldset>
          <p className="soft">{x("ex.sure_start")}</p>
          <button type="button" className="button filled tall wide" aria-disabled={!open || actions.busy !== null} onClick={() => { if (open) void actions.act("start", { in_s, accept: accepted }); }}>
            {actions.busy === "start" ? x("ex.busy") : x("ex.start")}
          </button>
        </>
      )}
      <Refused actions={actions} of={["start"]} />
    </section>
  );
}

function Cancel({ actions }: { actions: DrillActions }) {
  const { x } = useDrillTexts();
  const [open, setOpen] = useState(false);
  if (!open) return <button type="button" className="button" onClick={() => setOpen(true)}>{x("ex.cancel")} …</button>;
  return (
    <span className="row">
      <button type="button" className="button" onClick={() => void actions.act("cancel")}>{x("ex.yes_cancel")}</button>
      <button type="button" className="button quiet" onClick={() => setOpen(false)}>{x("ex.back")}</button>
      <Refused actions={actions} of={["cancel"]} />
    </span>
  );
}
