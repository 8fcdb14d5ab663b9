// The draft of a report: what the log knows, and what only I know. Mine until I hand it over; taken out as text or on paper.
import { useEffect, useState } from "react";
import { Link } from "wouter";
import { isText } from "../i18n/texts";
import { useTexts } from "../i18n/use-texts";
import { get, post, put, remove } from "../io/api";
import { useServices, useValue } from "../io/hooks";
import { Page } from "../ui/Page";
import "./report.css";
import "./visit.css";

export interface Report {
  visit_id: string;
  version: number;
  by: { id: string; name: string };
  mine: boolean;
  type: string | null;
  made_at: string;
  delete_at: string;
  handed_at: string | null;
  kinds: string[];
  text: string;
  done: string;
  hurt: boolean | null;
  police: boolean | null;
  facts: { at: string; what: string; data: Record<string, unknown> }[];
}

export const kinds = ["violence", "threat", "remote_threat", "sexual_physical", "sexual_words", "harassment_traits", "harassment_other"] as const;

export default function ReportScreen({ id, sos }: { id: string; sos: React.ReactNode }) {
  const { t } = useTexts();
  const [report, setReport] = useState<Report | null>(null);
  const [failed, setFailed] = useState<number | null>(null);
  const path = `/api/visits/${encodeURIComponent(id)}/report`;
  useEffect(() => {
    void get<Report>(path).then((answer) => (answer.ok && answer.body ? setReport(answer.body) : setFailed(answer.status)));
  }, [path]);
  return (
    <Page>
      {report ? <Shown report={report} path={path} take={setReport} /> : <p>{failed === null ? t("app.loading") : t(failed === 404 ? "report.none" : "visit.refused_no_answer")}</p>}
      {sos}
    </Page>
  );
}

function Shown({ report, path, take }: { report: Report; path: string; take: (report: Report) => void }) {
  const { t, clock } = useTexts();
  const editable = report.mine && report.handed_at === null;
  return (
    <div className="stack report">
      <h1>{t("report.title")}</h1>
      {!report.mine && <p><strong>{t("report.from", { name: report.by.name })}</strong></p>}
      {report.handed_at && <p className="notice" role="status">{t("report.handed", { time: clock(report.handed_at) })}</p>}
      <section className="card stack">
        <h2>{t("report.facts")}</h2>
        <ul className="reading">{useFactLines(report).map((line, index) => <li key={index}>{line}</li>)}</ul>
        <p className="soft">{t("report.facts_about")}</p>
      </section>
      {editable ? <Editor key={report.version} report={report} path={path} take={take} /> : <Written report={report} />}
      <TakeOut report={report} />
      <p className="soft no-print">{t("report.rules", { date: useDay(report.delete_at) })}</p>
    </div>
  );
}

function Editor({ report, path, take }: { report: Report; path: string; take: (report: Report) => void }) {
  const { t } = useTexts();
  const [draft, setDraft] = useState(report);
  const [asking, setAsking] = useState<"hand" | "drop" | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [dropped, setDropped] = useState(false);
  const change = (more: Partial<Report>) => setDraft({ ...draft, ...more });
  const written = () => ({ version: draft.version, kinds: draft.kinds, text: draft.text, done: draft.done, hurt: draft.hurt, police: draft.police });
  const save = async (): Promise<Report | null> => {
    setProblem(null);
    const answer = await put<Report>(path, written());
    if (!answer.ok || !answer.body) setProblem(answer.status === 0 ? "no_answer" : (answer.reason ?? "unknown"));
    return answer.ok ? answer.body : null;
  };
  const keep = async () => {
    const saved = await save();
    if (saved) take(saved);
  };
  const hand = async () => {
    const saved = await save();
    if (!saved) return;
    const answer = await post<Report>(`${path}/hand`, { version: saved.version });
    if (answer.ok && answer.body) return take(answer.body);
    take(saved);
    setProblem(answer.status === 0 ? "no_answer" : (answer.reason ?? "unknown"));
  };
  if (dropped) return <p className="notice" role="status">{t("report.dropped")}</p>;
  return (
    <form className="stack" onSubmit={(event) => { event.preventDefault(); void keep(); }}>
      <fieldset>
        <legend>{t("report.kinds")}</legend>
        {kinds.map((kind) => (
          <label key={kind} className="check-line">
            <input type="checkbox" checked={draft.kinds.includes(kind)} onChange={(event) => change({ kinds: event.target.checked ? [...draft.kinds, kind] : draft.kinds.filter((one) => one !== kind) })} />
            {t(`report.kind_${kind}`)}
          </label>
        ))}
      </fieldset>
      <label className="field"><span>{t("report.text")}</span><textarea rows={6} maxLength={4000} value={draft.text} onChange={(event) => change({ text: event.target.value })} /></label>
      <p className="soft">{t("report.privacy")}</p>
      <YesNo label={t("report.hurt")} value={draft.hurt} set={(hurt) => change({ hurt })} />
      <YesNo label={t("report.police")} value={draft.police} set={(police) => change({ police })} />
      <label className="field"><span>{t("report.done")}</span><textarea rows={3} maxLength={4000} value={draft.done} onChange={(event) => change({ done: event.target.value })} /></label>
      {problem && <p className="notice amber" role="alert">{isText(`report.refused_${problem}`) ? t(`report.refused_${problem}` as "report.refused_nothing_written") : t("visit.refused", { reason: problem })}</p>}
      {report.version > 0 && problem === null && <p className="notice" role="status">{t("report.saved")}</p>}
      <button type="submit" className="button filled tall wide">{t("report.save")}</button>
      {asking === null ? (
        <>
          <button type="button" className="button tall wide" onClick={() => setAsking("hand")}>{t("report.hand")} …</button>
          {report.version > 0 && <button type="button" className="button tall wide" onClick={() => setAsking("drop")}>{t("report.drop")} …</button>}
        </>
      ) : (
        <div className="confirm stack">
          <p><strong>{t(asking === "hand" ? "report.hand_question" : "report.drop_question")}</strong></p>
          <button type="button" className="button filled tall wide" onClick={() => { setAsking(null); void (asking === "hand" ? hand() : remove(path).then((answer) => answer.ok && setDropped(true))); }}>
            {t(asking === "hand" ? "report.hand" : "report.drop")}
          </button>
          <button type="button" className="button tall wide" onClick={() => setAsking(null)}>{t("app.cancel")}</button>
        </div>
      )}
    </form>
  );
}

function YesNo({ label, value, set }: { label: string; value: boolean | null; set: (value: boolean) => void }) {
  const { t } = useTexts();
  return (
    <fieldset>
      <legend>{label}</legend>
      <div className="choices across">
        {([false, true] as const).map((yes) => (
          <label key={String(yes)} className="choice"><input type="radio" name={label} checked={value === yes} onChange={() => set(yes)} />{t(yes ? "visit.yes" : "visit.no")}</label>
        ))}
      </div>
    </fieldset>
  );
}

function Written({ report }: { report: Report }) {
  return <section className="card stack">{useWrittenLines(report).map((line, index) => <p key={index} className="report-line">{line}</p>)}</section>;
}

/** Out of Varde: as text for the office's own system, or on paper. */
function TakeOut({ report }: { report: Report }) {
  const { t } = useTexts();
  const text = [t("report.title"), "", t("report.facts"), ...useFactLines(report), "", ...useWrittenLines(report)].join("\n");
  const [copied, setCopied] = useState(false);
  return (
    <section className="stack no-print">
      <div className="choices across">
        <button type="button" className="button tall" onClick={() => void navigator.clipboard?.writeText(text).then(() => setCopied(true))}>{t(copied ? "report.copied" : "report.copy")}</button>
        <a className="button tall" download="varde-rapport.txt" href={`data:text/plain;charset=utf-8,${encodeURIComponent(text)}`}>{t("report.as_file")}</a>
        <button type="button" className="button tall" onClick={() => window.print()}>{t("report.print")}</button>
      </div>
      <Link className="button tall wide" href="/besok">{t("visit.to_list")}</Link>
    </section>
  );
}

function useFactLines(report: Report): string[] {
  const { t, clock, say } = useTexts();
  const checklist = useValue(useServices().checklist);
  const services = useServices();
  useEffect(() => void services.fetchChecklist(), [services]);
  const day = useDay(report.facts[0]?.at ?? report.made_at);
  const kind = say(checklist?.types.find((one) => one.id === report.type)?.names) || report.type || "";
  return [
    `${t("report.visit")}: ${[kind, day].filter(Boolean).join(", ")}`,
    ...report.facts.map((fact) => {
      const key = `report.fact_${fact.what}`;
      return `${clock(fact.at)} ${isText(key) ? t(key as "report.fact_started") : fact.what}`;
    }),
  ];
}

function useWrittenLines(report: Report): string[] {
  const { t } = useTexts();
  const answer = (value: boolean | null) => (value === null ? t("report.not_answered") : t(value ? "visit.yes" : "visit.no"));
  const line = (label: string, said: string) => `${label}${label.endsWith("?") ? "" : ":"} ${said || t("report.not_answered")}`;
  return [
    line(t("report.kinds"), report.kinds.map((kind) => t(`report.kind_${kind}` as "report.kind_threat")).join("; ")),
    line(t("report.text"), report.text),
    line(t("report.hurt"), answer(report.hurt)),
    line(t("report.police"), answer(report.police)),
    line(t("report.done"), report.done),
  ];
}

function useDay(at: string): string {
  const { language } = useTexts();
  const time_ms = Date.parse(at);
  return Number.isNaN(time_ms) ? "" : new Intl.DateTimeFormat(language === "en" ? "en-GB" : "nb-NO", { day: "numeric", month: "numeric", year: "numeric", timeZone: "Europe/Oslo" }).format(time_ms);
}
