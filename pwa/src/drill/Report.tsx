// The report of a drill: main figures beside last time and others, how it spread, targets, who was not reached, what people say, what is to change.
import { useEffect, useState } from "react";
import { Link } from "wouter";
import { dateText, parse_ms } from "../core/age";
import { lineTime } from "../core/drill-rules";
import { useServices } from "../io/hooks";
import { useReading } from "../io/use-reading";
import { Page } from "../ui/Page";
import { Targets } from "./Board";
import { Curve } from "./Curve";
import { useChannelName, useMarkNames } from "./parts";
import { isDrillText, useDrillTexts, type DrillTextKey } from "./texts";
import type { Figures, ReportView, Spread } from "./report-shape";
import "./drill.css";
import "./report.css";

/** Its seal is made some seconds after the stop: until then it is read again. One that was held before Varde sealed never has any. */
const sealed_within_ms = 120_000;
const soon_ms = 5_000;
const calm_ms = 600_000;

export function again_ms(report: Pick<ReportView, "sealed" | "server_time" | "drill">): number {
  const over_ms = (parse_ms(report.server_time) ?? 0) - (parse_ms(report.drill.stopping?.at) ?? 0);
  return !report.sealed && over_ms < sealed_within_ms ? soon_ms : calm_ms;
}

export default function Report({ id }: { id: string }) {
  const { x, t, language } = useDrillTexts();
  const services = useServices();
  const [names, setNames] = useState(true);
  const path = `/api/drills/${encodeURIComponent(id)}/report`;
  const { value: report, failed, gone, reason } = useReading(`${path}?names=${names}`, (raw) => raw as ReportView, again_ms);
  useEffect(() => void services.fetchCatalogue(), [services]);
  const none: DrillTextKey = reason === "not_over" ? "ex.report_none" : gone ? "ex.gone" : "ex.unknown";
  const file = (ending: string) => `${path}.${ending}?names=${names}&language=${language}`;
  return (
    <Page broad>
      <div className="row apart no-print">
        <Link href={`/ovelse/${id}`} className="button quiet">{x("ex.back")}</Link>
        <div className="row">
          <label className="check-line"><input type="checkbox" checked={!names} onChange={(event) => setNames(!event.target.checked)} />{x("ex.without_names")}</label>
          <button type="button" className="button" onClick={() => print()}>{x("ex.print")}</button>
          <a className="button" href={file("pdf")}>PDF</a>
          <a className="button" href={file("csv")}>CSV</a>
          <a className="button" href={`${path}?names=${names}`} download>JSON</a>
        </div>
      </div>
      {!names && <p className="soft no-print">{x("ex.read_first")}</p>}
      {report ? <Sheet report={report} /> : <p role="status">{failed ? x(none) : t("app.loading")}</p>}
    </Page>
  );
}

function Sheet({ report }: { report: ReportView }) {
  const { x, say, clock, language } = useDrillTexts();
  const drill = report.drill;
  const held = drill.zero_at ?? drill.starts_at;
  return (
    <article className="report stack">
      <header className="drill-head stack">
        <p className="drill-word">{x("ex.exercise").toLocaleUpperCase(language)}</p>
        <h1>{x("ex.report_title")}: {drill.name}</h1>
        <p className="number">{dateText(held, language)} {clock(held)} · {drill.offices.join(", ")}{drill.leader && ` · ${x("ex.leader")}: ${drill.leader}`}</p>
        <p>{say(drill.goal)}</p>
        {drill.consulted && <p className="soft">{x("ex.consulted_by", { name: drill.consulted.who ?? x("ex.consult"), date: dateText(drill.consulted.at, language) })}</p>}
      </header>
      <MainFigures report={report} />
      {report.alarms.map((one) => (
        <section key={one.id} className="card stack">
          <h2>{one.zone ? `${one.zone}, ${one.office}` : one.office} <span className="soft number">{clock(one.opened_at, true)}</span></h2>
          <Curve told={one.told} reached={one.curve.reached} answered={one.curve.answered} />
          <Marks marks={one.marks} />
        </section>
      ))}
      <div className="drill-columns">
        <Targets board={{ targets: report.targets }} />
        <SpreadTable report={report} />
      </div>
      <div className="drill-columns">
        <UnreachedList report={report} />
        <Channels report={report} />
      </div>
      <Answers report={report} />
      <FindingsTable report={report} />
      {drill.remark && <section className="card stack"><h2>{x("ex.remark_after")}</h2><blockquote>{drill.remark.remark}{drill.remark.who && <footer className="soft">{drill.remark.who}</footer>}</blockquote></section>}
      {drill.summary && <section className="card stack"><h2>{x("ex.summary")}</h2><p>{drill.summary}</p></section>}
      <p className={report.intact ? "soft" : "notice amber"} role={report.intact ? undefined : "alert"}>{x(!report.intact ? "ex.seal_broken" : report.sealed ? "ex.seal" : "ex.seal_none")}</p>
    </article>
  );
}

/** Seconds as people say them, or the word for never. */
function useSpan(): (seconds: number | null, unknown: string) => string {
  const { language } = useDrillTexts();
  return (seconds, unknown) => (seconds === null ? unknown : seconds < 60 ? `${seconds.toLocaleString(language === "en" ? "en" : "nb", { maximumFractionDigits: 1 })} s` : lineTime(seconds));
}

function MainFigures({ report }: { report: ReportView }) {
  const { x } = useDrillTexts();
  const span = useSpan();
  const sides: { name: string; figures: Figures }[] = [
    { name: x("ex.this_time"), figures: report.figures },
    ...(report.last ? [{ name: x("ex.last_time"), figures: report.last.figures }] : []),
    ...(report.others ? [{ name: x("ex.others", { count: report.others.count }), figures: report.others.figures }] : []),
  ];
  const rows = [["first_reached", "first_reached_s"], ["all_reached", "all_reached_s"], ["first_coming", "first_coming_s"], ["first_there", "first_there_s"]] as const;
  return (
    <section className="card stack">
      <h2>{x("ex.figures")}</h2>
      <div className="scroll-x" tabIndex={0} role="region" aria-label={x("ex.figures")}>
        <table className="drill-table figures">
          <thead><tr><td />{sides.map((one) => <th key={one.name} scope="col">{one.name}</th>)}</tr></thead>
          <tbody>
            <tr><th scope="row">{x("ex.share_reached")}</th>{sides.map((one) => <td key={one.name} className="number">{one.figures.share_reached === null ? "–" : `${Math.round(one.figures.share_reached * 100)} %`}</td>)}</tr>
            {rows.map(([name, key]) => <tr key={name}><th scope="row">{x(`ex.${name}`)}</th>{sides.map((one) => <td key={one.name} className="number">{span(one.figures[key], x("ex.never"))}</td>)}</tr>)}
          </tbody>
        </table>
      </div>
      {!report.last && <p className="soft">{x("ex.no_last")}</p>}
    </section>
  );
}

function Marks({ marks }: { marks: ReportView["alarms"][number]["marks"] }) {
  const markName = useMarkNames();
  if (marks.length === 0) return null;
  return <ul className="marks">{marks.map((one) => <li key={one.mark}>{markName(one.mark)} <strong className="number">{lineTime(one.seconds)}</strong></li>)}</ul>;
}

function SpreadTable({ report }: { report: ReportView }) {
  const { x } = useDrillTexts();
  const span = useSpan();
  const row = (name: string, spread: Spread) => (
    <tr><th scope="row">{name}</th><td className="number">{spread.count}</td><td className="number">{span(spread.median_s, "–")}</td><td className="number">{span(spread.p90_s, "–")}</td><td className="number">{span(spread.slowest_s, "–")}</td></tr>
  );
  return (
    <section className="card stack">
      <h2>{x("ex.spread")}</h2>
      <div className="scroll-x" tabIndex={0} role="region" aria-label={x("ex.spread")}>
        <table className="drill-table">
          <thead><tr><td /><th scope="col">{x("ex.how_many")}</th><th scope="col">{x("ex.median")}</th><th scope="col">{x("ex.p90")}</th><th scope="col">{x("ex.slowest")}</th></tr></thead>
          <tbody>{row(x("ex.reached"), report.reached)}{row(x("ex.coming"), report.coming)}</tbody>
        </table>
      </div>
    </section>
  );
}

function UnreachedList({ report }: { report: ReportView }) {
  const { x } = useDrillTexts();
  const channel = useChannelName();
  const why = (one: ReportView["unreached"][number]) => x(one.why === "failed" ? "ex.why_failed" : one.why === "no_receipt" ? "ex.why_no_receipt" : "ex.why_no_channel", { channels: one.channels.map(channel).join(", ") });
  return (
    <section className="card stack">
      <h2>{x("ex.unreached")}</h2>
      {report.unreached.length === 0 && <p>{x("ex.unreached_none")}</p>}
      <ul className="reading">{report.unreached.map((one, n) => <li key={n}><strong>{one.name ?? x("ex.somebody")}</strong>: {why(one)}</li>)}</ul>
    </section>
  );
}

function Channels({ report }: { report: ReportView }) {
  const { x } = useDrillTexts();
  const channel = useChannelName();
  if (report.channels.length === 0) return null;
  return (
    <section className="card stack">
      <h2>{x("ex.channel_faults")}</h2>
      <div className="scroll-x" tabIndex={0} role="region" aria-label={x("ex.channel_faults")}>
        <table className="drill-table">
          <thead><tr><td /><th scope="col">{x("ex.tried")}</th><th scope="col">{x("ex.reached")}</th><th scope="col">{x("ex.failed_count")}</th></tr></thead>
          <tbody>{report.channels.map((one) => <tr key={one.channel}><th scope="row">{channel(one.channel)}</th><td className="number">{one.tried}</td><td className="number">{one.reached}</td><td className="number">{one.failed}</td></tr>)}</tbody>
        </table>
      </div>
      {report.dark && report.dark.length > 0 && <p>{x("ex.dark", { devices: report.dark.join(", ") })}</p>}
    </section>
  );
}

function Answers({ report }: { report: ReportView }) {
  const { x, say } = useDrillTexts();
  if (report.answers.length === 0) return null;
  const counted = (one: ReportView["answers"][number]) => {
    if (one.answer === "yes_no") return x("ex.answers_yes_no", { yes: one.counts["yes"] ?? 0, no: one.counts["no"] ?? 0 });
    const given = Object.entries(one.counts).map(([value, count]) => [Number(value), count] as const);
    const count = given.reduce((sum, [, each]) => sum + each, 0);
    return count === 0 ? "" : x("ex.answers_scale", { text: (given.reduce((sum, [value, each]) => sum + value * each, 0) / count).toFixed(1), count });
  };
  return (
    <section className="card stack">
      <h2>{x("ex.answers", { count: report.answered })}</h2>
      <dl className="answers">
        {report.answers.map((one) => <div key={one.id}><dt>{say(one.text)}</dt>{one.answer === "text" ? one.texts.map((each, n) => <dd key={n}>«{each}»</dd>) : <dd>{counted(one)}</dd>}</div>)}
      </dl>
    </section>
  );
}

function FindingsTable({ report }: { report: ReportView }) {
  const { x, language } = useDrillTexts();
  const is = (word: string) => (isDrillText(`ex.is_${word}`) ? x(`ex.is_${word}` as never) : word);
  return (
    <section className="card stack">
      <h2>{x("ex.findings")}</h2>
      {report.findings.length === 0 && <p>{x("ex.no_findings")}</p>}
      {report.findings.length > 0 && (
        <div className="scroll-x" tabIndex={0} role="region" aria-label={x("ex.findings")}>
          <table className="drill-table wrap">
            <thead><tr><th scope="col">{x("ex.finding_text")}</th><th scope="col">{x("ex.finding_owner")}</th><th scope="col">{x("ex.finding_due")}</th><th scope="col">{x("ex.done")}</th></tr></thead>
            <tbody>
              {report.findings.map((one, n) => (
                <tr key={n}><td>{one.text}</td><td>{one.owner ?? is(one.owner_is)}</td><td className="number">{dateText(one.due_on, language)}</td><td>{one.closed_at ? `${dateText(one.closed_at, language)} ${one.outcome}` : "–"}</td></tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
