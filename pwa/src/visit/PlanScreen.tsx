// Planning a visit: where, when, with whom, who watches, which alarm; and the short assessment that decides what is needed.
import { useEffect, useMemo, useState } from "react";
import { useLocation } from "wouter";
import { answersAsked, questions, timeToday } from "../core/visit-rules";
import type { Assessment, Choices, Risk } from "../core/visit-contract";
import { uuid7 } from "../core/uuid7";
import { isText } from "../i18n/texts";
import { useTexts } from "../i18n/use-texts";
import { get, post } from "../io/api";
import { useNow_ms, useServices, useSession, useValue } from "../io/hooks";
import { Page } from "../ui/Page";
import { useVisitLevel } from "./words";
import "./visit.css";

const lengths_min = [30, 60, 90, 120];

export default function PlanScreen({ sos }: { sos: React.ReactNode }) {
  const { t, say, clock } = useTexts();
  const services = useServices();
  const session = useSession();
  const [, go] = useLocation();
  const now_ms = useNow_ms();
  const checklist = useValue(services.checklist);
  const [office_id, setOffice] = useState(session.offices[0]?.id ?? "");
  const [choices, setChoices] = useState<Choices | null>(null);
  const [type, setType] = useState("home_visit");
  const [address, setAddress] = useState("");
  const [detail, setDetail] = useState("");
  const [transport, setTransport] = useState("");
  const [start, setStart] = useState("");
  const [minutes, setMinutes] = useState(60);
  const [companion, setCompanion] = useState("");
  const [contact, setContact] = useState("");
  const [device, setDevice] = useState("");
  const [answers, setAnswers] = useState<Record<string, boolean>>({});
  const [found, setFound] = useState<Assessment | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [sending, setSending] = useState(false);
  const [id] = useState(() => uuid7());
  const risk: Risk = found?.risk ?? "low";
  const level = useVisitLevel(found);

  useEffect(() => {
    void services.fetchChecklist();
    void get<Choices>(`/api/visits/choices?office_id=${encodeURIComponent(office_id)}`).then((answer) => {
      if (!answer.ok || !answer.body) return;
      setChoices(answer.body);
      setDevice(answer.body.devices.find((one) => one.mine && !one.taken)?.id ?? "");
    });
  }, [office_id, services]);

  const asked = useMemo(() => (checklist ? questions(checklist, answers, risk) : []), [checklist, answers, risk]);
  const said = useMemo(() => (checklist ? answersAsked(checklist, answers, risk) : {}), [checklist, answers, risk]);
  const saidKey = JSON.stringify(said);
  useEffect(() => {
    let here = true;
    void post<Assessment>("/api/visits/assess", { type, answers: JSON.parse(saidKey) as Record<string, boolean> }).then((answer) => here && answer.ok && setFound(answer.body));
    return () => {
      here = false;
    };
  }, [type, saidKey]);

  const starts_ms = start === "" ? now_ms : timeToday(start, now_ms);
  const ends_ms = starts_ms === null ? null : starts_ms + minutes * 60_000;
  const wrongTime = starts_ms === null;
  const left = asked.filter((one) => !(one.id in answers)).length;
  const ready = address.trim() !== "" && !wrongTime && left === 0 && contact !== "";

  const send = async () => {
    if (!ready || sending || starts_ms === null || ends_ms === null) return;
    setSending(true);
    const answer = await post<{ visit: unknown; reason?: string }>("/api/visits", {
      id, office_id, type, people: [session.person.id, ...(companion ? [companion] : [])],
      where: { address: address.trim(), detail: detail.trim(), transport: transport.trim(), exit_reason: "" },
      starts_at: new Date(starts_ms).toISOString(), ends_at: new Date(ends_ms).toISOString(), contact_id: contact || null, answers: said, device_id: device || null,
    });
    setSending(false);
    const visit = answer.ok ? services.tookVisit(answer.body?.visit) : null;
    if (visit) return go(`/besok/${visit.id}`);
    setProblem(answer.status === 0 ? "no_answer" : (answer.reason ?? "unknown"));
  };

  return (
    <Page>
      <form className="stack plan" onSubmit={(event) => { event.preventDefault(); void send(); }}>
        <h1>{t("visit.new")}</h1>
        {session.offices.length > 1 && (
          <label className="field"><span>{t("visit.office")}</span>
            <select value={office_id} onChange={(event) => setOffice(event.target.value)}>{session.offices.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}</select>
          </label>
        )}
        <fieldset>
          <legend>{t("visit.kind")}</legend>
          <div className="choices listed">
            {(checklist?.types ?? []).map((one) => (
              <label key={one.id} className="choice"><input type="radio" name="type" checked={type === one.id} onChange={() => setType(one.id)} />{say(one.names)}</label>
            ))}
          </div>
        </fieldset>
        <label className="field"><span>{t("visit.where")}</span><input value={address} maxLength={300} autoComplete="off" onChange={(event) => setAddress(event.target.value)} /></label>
        <label className="field"><span>{t("visit.detail")}</span><input value={detail} maxLength={300} autoComplete="off" onChange={(event) => setDetail(event.target.value)} /></label>
        <label className="field"><span>{t("visit.transport")}</span><input value={transport} maxLength={300} autoComplete="off" onChange={(event) => setTransport(event.target.value)} /></label>
        <p className="soft">{t("visit.privacy")}</p>
        <label className="field"><span>{t("visit.start_time")}</span>
          <input value={start} inputMode="numeric" placeholder={t("visit.start_now")} maxLength={5} aria-invalid={wrongTime} onChange={(event) => setStart(event.target.value)} />
          {wrongTime && <strong role="alert">{t("visit.wrong_time")}</strong>}
        </label>
        <fieldset>
          <legend>{t("visit.length")} {ends_ms !== null && <span className="soft number">{t("visit.until", { time: clock(new Date(ends_ms).toISOString()) })}</span>}</legend>
          <div className="choices across">
            {lengths_min.map((one) => (
              <label key={one} className="choice"><input type="radio" name="length" checked={minutes === one} onChange={() => setMinutes(one)} />{t("visit.minutes", { minutes: one })}</label>
            ))}
          </div>
        </fieldset>
        <People label={t("visit.companion")} none={t("visit.alone")} value={companion} choose={setCompanion} choices={choices} leaveOut={contact} />
        <People label={t("visit.contact")} none={t("visit.choose")} value={contact} choose={setContact} choices={choices} leaveOut={companion} />
        <label className="field"><span>{t("visit.device")}</span>
          <select value={device} onChange={(event) => setDevice(event.target.value)}>
            <option value="">{t("visit.no_device")}</option>
            {(choices?.devices ?? []).map((one) => <option key={one.id} value={one.id} disabled={one.taken}>{one.name}{one.taken ? ` (${t("visit.taken")})` : one.battery !== null ? ` (${one.battery} %)` : ""}</option>)}
          </select>
        </label>
        <h2>{t("visit.assess")}</h2>
        {asked.map((item) => (
          <fieldset key={item.id} className="asked-item">
            <legend>{say(item.texts)}</legend>
            <div className="choices across">
              {([false, true] as const).map((yes) => (
                <label key={String(yes)} className="choice"><input type="radio" name={item.id} checked={answers[item.id] === yes} onChange={() => setAnswers({ ...answers, [item.id]: yes })} />{t(yes ? "visit.yes" : "visit.no")}</label>
              ))}
            </div>
          </fieldset>
        ))}
        {found && (
          <section className="card" aria-live="polite">
            {left > 0 && <p className="soft">{t("visit.questions_left", { count: left })}</p>}
            {(left === 0 || risk !== "low") && (
              <>
                <p>{t("visit.level")}: <strong className={`level ${risk}`}>{level.name}</strong></p>
                <ul className="reading">{level.measures.map((one) => <li key={one}>{one}</li>)}</ul>
              </>
            )}
          </section>
        )}
        {problem && <p className="notice amber" role="alert">{refusalText(t, problem)}</p>}
        <button type="submit" className="button filled tall wide" aria-disabled={!ready || sending}>{sending ? t("visit.sending") : t("visit.plan")}</button>
        {!ready && <p className="soft">{t("visit.not_ready")}</p>}
      </form>
      {sos}
    </Page>
  );
}

function People({ label, none, value, choose, choices, leaveOut }: { label: string; none: string; value: string; choose: (id: string) => void; choices: Choices | null; leaveOut: string }) {
  const { t } = useTexts();
  return (
    <label className="field"><span>{label}</span>
      <select value={value} onChange={(event) => choose(event.target.value)}>
        <option value="">{none}</option>
        {(choices?.people ?? []).filter((one) => one.id !== leaveOut).map((one) => (
          <option key={one.id} value={one.id}>{one.name}{one.away ? ` (${t("visit.away")})` : one.on_duty ? "" : ` (${t("visit.off_duty")})`}</option>
        ))}
      </select>
    </label>
  );
}

function refusalText(t: ReturnType<typeof useTexts>["t"], reason: string): string {
  const key = `visit.refused_${reason}`;
  return isText(key) ? t(key) : t("visit.refused", { reason });
}
