// Two pages for paper: what was exercised in a year, for the labour inspectorate; and the same without names, for the working environment committee.
import { useEffect, useState } from "react";
import { Link } from "wouter";
import { dateText } from "../core/age";
import type { Translated } from "../core/session-contract";
import { get } from "../io/api";
import { useServices } from "../io/hooks";
import { Page } from "../ui/Page";
import { Targets } from "./Board";
import { useRoleNames } from "./parts";
import type { DrillBoard } from "../core/drill-contract";
import { isDrillText, useDrillTexts } from "./texts";
import "./drill.css";
import "./report.css";

interface Held {
  on: string | null;
  title: Translated;
  ended: string | null;
  took_part: number;
}

interface Proof {
  office: string;
  from: string;
  to: string;
  drills: (Held & {
    approved_by?: { name: string } | null; consulted?: boolean; goal?: Translated; summary?: string; remark?: string | null; targets?: DrillBoard["targets"];
    findings?: { text: string; owner: string | null; due_on: string; closed: boolean; outcome: string }[];
  })[];
  roles: { role: string | null; people: number; trained: number }[];
  people?: { id: string; name: string; last_at: string | null }[];
}

function useProof(path: string): { proof: Proof | null; failed: boolean } {
  const [proof, setProof] = useState<Proof | null>(null);
  const [failed, setFailed] = useState(false);
  const services = useServices();
  useEffect(() => {
    let here = true;
    void services.fetchCatalogue();
    void get<Proof>(path).then((answer) => {
      if (!here) return;
      setProof(answer.ok ? answer.body : null);
      setFailed(!answer.ok);
    });
    return () => {
      here = false;
    };
  }, [path, services]);
  return { proof, failed };
}

function Sheet({ title, proof, failed, children }: { title: string; proof: Proof | null; failed: boolean; children: React.ReactNode }) {
  const { x, t, language } = useDrillTexts();
  return (
    <Page broad>
      <div className="row apart no-print">
        <Link href="/ovelser/program" className="button quiet">{x("ex.back")}</Link>
        <button type="button" className="button" onClick={() => print()}>{x("ex.print")}</button>
      </div>
      {!proof && <p role="status">{failed ? x("ex.unknown") : t("app.loading")}</p>}
      {proof && (
        <article className="report stack">
          <h1>{title}</h1>
          <p>{proof.office} · <span className="number">{dateText(proof.from, language)} – {dateText(proof.to, language)}</span></p>
          {children}
        </article>
      )}
    </Page>
  );
}

function RolesTable({ proof }: { proof: Proof }) {
  const { x } = useDrillTexts();
  const roleName = useRoleNames();
  return (
    <section className="card stack">
      <h2>{x("ex.trained")}</h2>
      <div className="scroll-x" tabIndex={0} role="region" aria-label={x("ex.trained")}>
        <table className="drill-table">
          <thead><tr><th scope="col">{x("ex.role")}</th><th scope="col">{x("ex.how_many")}</th><th scope="col">{x("ex.took_part")}</th></tr></thead>
          <tbody>{proof.roles.map((one) => <tr key={one.role ?? ""}><th scope="row">{one.role ? roleName(one.role) : x("ex.everyone_short")}</th><td className="number">{one.people}</td><td className="number">{one.trained}</td></tr>)}</tbody>
        </table>
      </div>
    </section>
  );
}

export function TrainingProof({ office_id }: { office_id: string }) {
  const { x, say, language } = useDrillTexts();
  const { proof, failed } = useProof(`/api/offices/${encodeURIComponent(office_id)}/drills/training`);
  return (
    <Sheet title={x("ex.training_title")} proof={proof} failed={failed}>
      <p className="soft">{x("ex.training_text")}</p>
      <section className="card stack">
        <h2>{x("ex.title")}</h2>
        {proof?.drills.length === 0 && <p>{x("ex.none")}</p>}
        <div className="scroll-x" tabIndex={0} role="region" aria-label={x("ex.title")}>
          <table className="drill-table wrap">
            <thead><tr><th scope="col">{x("ex.date")}</th><th scope="col">{x("ex.exercise")}</th><th scope="col">{x("ex.took_part")}</th><th scope="col">{x("ex.approval")}</th><th scope="col">{x("ex.consult")}</th></tr></thead>
            <tbody>
              {proof?.drills.map((one, n) => <tr key={n}><td className="number">{dateText(one.on, language)}</td><td>{say(one.title)}</td><td className="number">{one.took_part}</td><td>{one.approved_by?.name ?? "–"}</td><td>{x(one.consulted ? "ex.yes" : "ex.no")}</td></tr>)}
            </tbody>
          </table>
        </div>
      </section>
      {proof && <RolesTable proof={proof} />}
      <section className="card stack">
        <h2>{x("ex.person")}</h2>
        <div className="scroll-x" tabIndex={0} role="region" aria-label={x("ex.person")}>
          <table className="drill-table">
            <thead><tr><th scope="col">{x("ex.name")}</th><th scope="col">{x("ex.last_exercise")}</th></tr></thead>
            <tbody>{(proof?.people ?? []).map((one) => <tr key={one.id}><th scope="row">{one.name}</th><td className="number">{one.last_at ? dateText(one.last_at, language) : x("ex.never")}</td></tr>)}</tbody>
          </table>
        </div>
      </section>
    </Sheet>
  );
}

export function CommitteePage({ office_id }: { office_id: string }) {
  const { x, say, language } = useDrillTexts();
  const roleName = useRoleNames();
  const { proof, failed } = useProof(`/api/offices/${encodeURIComponent(office_id)}/drills/committee`);
  const owner = (word: string | null) => (word === null ? "–" : isDrillText(`ex.is_${word}`) ? x(`ex.is_${word}` as never) : roleName(word));
  return (
    <Sheet title={x("ex.committee_title")} proof={proof} failed={failed}>
      <p className="soft">{x("ex.committee_text")}</p>
      <p className="soft no-print">{x("ex.read_first")}</p>
      {proof?.drills.length === 0 && <p>{x("ex.none")}</p>}
      {proof?.drills.map((one, n) => (
        <section key={n} className="card stack">
          <h2>{say(one.title)} <span className="soft number">{dateText(one.on, language)}</span></h2>
          <p>{say(one.goal)}</p>
          <p>{x("ex.took_part")}: <strong className="number">{one.took_part}</strong></p>
          <Targets board={{ targets: (one.targets ?? []).map((each) => ({ ...each, alarm_id: null })) }} />
          {(one.findings ?? []).length > 0 && (
            <div className="scroll-x" tabIndex={0} role="region" aria-label={x("ex.findings")}>
              <table className="drill-table wrap">
                <thead><tr><th scope="col">{x("ex.findings")}</th><th scope="col">{x("ex.finding_owner")}</th><th scope="col">{x("ex.finding_due")}</th><th scope="col">{x("ex.done")}</th></tr></thead>
                <tbody>{one.findings!.map((each, m) => <tr key={m}><td>{each.text}</td><td>{owner(each.owner)}</td><td className="number">{dateText(each.due_on, language)}</td><td>{each.closed ? each.outcome || x("ex.yes") : x("ex.no")}</td></tr>)}</tbody>
              </table>
            </div>
          )}
          {one.remark && <blockquote>{one.remark}<footer className="soft">{x("ex.is_safety_representative")}</footer></blockquote>}
          {one.summary && <p>{one.summary}</p>}
        </section>
      ))}
      {proof && <RolesTable proof={proof} />}
    </Sheet>
  );
}
