// For those who lead and for safety representatives: reports that were handed over, and how visits end. How many check-outs are forgotten decides whether a missed one is believed.
import { useEffect, useState } from "react";
import { Link } from "wouter";
import { monthText } from "../core/age";
import { followsUpBy, officesWhere } from "../core/session-contract";
import { useTexts } from "../i18n/use-texts";
import { get } from "../io/api";
import { useServices, useSession, useValue } from "../io/hooks";
import { Page } from "../ui/Page";
import type { Report } from "./ReportScreen";
import "./report.css";
import "./visit.css";

interface Row {
  month: string;
  type: string;
  visits: number;
  late: number;
  by_contact: number;
  by_alarm: number;
  forgotten_percent: number;
  unpleasant: number;
  incidents: number;
}

/** Above this many in a hundred, a missed deadline is mostly a forgotten one. */
const many_percent = 15;

export default function CountsScreen({ sos }: { sos: React.ReactNode }) {
  const { t, language } = useTexts();
  const session = useSession();
  const offices = officesWhere(session, followsUpBy);
  return (
    <Page>
      <div className="stack counts-card">
        <h1>{t("report.counts")}</h1>
        <Handed follows={offices.length > 0} />
        {offices.length === 0 && <p className="notice dashed">{t("report.counts_leads_only")}</p>}
        {offices.map((office) => (
          <section key={office.id} className="card stack counts-card">
            <h2>{t("report.counts_of", { office: office.name })}</h2>
            <p className="soft">{t("report.counts_about")}</p>
            <Counts office_id={office.id} />
            <a className="button tall" download href={`/api/offices/${encodeURIComponent(office.id)}/visit-counts.csv?language=${language}`}>{t("report.counts_csv")}</a>
          </section>
        ))}
        <Link className="button tall wide" href="/besok">{t("visit.to_list")}</Link>
      </div>
      {sos}
    </Page>
  );
}

function Counts({ office_id }: { office_id: string }) {
  const { t, say, language } = useTexts();
  const services = useServices();
  const checklist = useValue(services.checklist);
  const [rows, setRows] = useState<Row[] | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    void services.fetchChecklist();
    void get<{ rows: Row[] }>(`/api/offices/${encodeURIComponent(office_id)}/visit-counts`).then((answer) => (answer.ok && answer.body ? setRows(answer.body.rows) : setFailed(true)));
  }, [office_id, services]);
  if (failed) return <p className="notice dashed">{t("visit.refused_no_answer")}</p>;
  if (!rows) return <p className="soft">{t("app.loading")}</p>;
  if (rows.length === 0) return <p className="soft">{t("report.counts_none")}</p>;
  return (
    <div className="counts-scroll" tabIndex={0} role="region" aria-label={t("report.counts")}>
      <table className="counts">
        <thead><tr><th scope="col">{t("report.month")}</th><th scope="col">{t("report.counted")}</th><th scope="col">{t("report.forgotten")}</th><th scope="col">{t("report.by_others")}</th><th scope="col">{t("report.unwell")}</th></tr></thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.month} ${row.type}`}>
              <th scope="row">{monthText(row.month, language)} <span className="soft">{say(checklist?.types.find((one) => one.id === row.type)?.names) || row.type}</span></th>
              <td className="number">{row.visits}</td>
              <td className="number"><strong>{row.forgotten_percent} %</strong>{row.forgotten_percent > many_percent && <> · {t("report.many")}</>}</td>
              <td className="number">{row.by_contact + row.by_alarm}</td>
              <td className="number">{row.unpleasant + row.incidents}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** My own drafts, and what was handed to me. */
function Handed({ follows }: { follows: boolean }) {
  const { t, clock } = useTexts();
  const [reports, setReports] = useState<Report[] | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    void get<{ reports: Report[] }>("/api/reports").then((answer) => (answer.ok && answer.body ? setReports(answer.body.reports) : setFailed(true)));
  }, []);
  if (failed) return <p className="notice dashed">{t("visit.refused_no_answer")}</p>;
  if (reports === null || (reports.length === 0 && !follows)) return null;
  return (
    <section className="stack">
      <h2>{t("report.list")}</h2>
      {reports.length === 0 && <p className="soft">{t("report.none_handed")}</p>}
      <ul className="visit-rows">
        {reports.map((one) => (
          <li key={one.visit_id}><Link className="visit-row" href={`/rapport/${one.visit_id}`}><span className="visit-row-who"><strong>{one.by.name}</strong><span className="soft">{one.handed_at ? t("report.handed", { time: clock(one.handed_at) }) : t("report.draft")}</span></span></Link></li>
        ))}
      </ul>
    </section>
  );
}
