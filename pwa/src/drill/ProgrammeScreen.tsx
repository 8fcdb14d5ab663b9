// The yearly wheel of an office: what is overdue, the lines that plan by themselves, the buttons' round, and who was never in an exercise.
import { useCallback, useEffect, useState } from "react";
import { Link } from "wouter";
import { dateText } from "../core/age";
import { officesWhere, plansDrillsBy, type Translated } from "../core/session-contract";
import { uuid7 } from "../core/uuid7";
import { get, put, remove } from "../io/api";
import { useServices, useSession, useValue } from "../io/hooks";
import { Page } from "../ui/Page";
import { Shape, type ShapeName } from "../ui/shapes";
import { useRoleNames } from "./parts";
import { isDrillText, refusalText, useDrillTexts } from "./texts";
import { useColleagues } from "./use-choices";
import "./drill.css";

interface Line {
  id: string;
  exercise_id: string;
  months: number[];
  day: number;
  hour: number;
  minute: number;
  owner: { id: string; name: string };
  /** What keeps its next drill from being planned; `on` null: none of them can be. */
  problem?: { why: string; on: string | null } | null;
}

interface Programme {
  lines: Line[];
  duties: { exercise_id: string; title: Translated; per_year: number; held: string[]; planned_id: string | null; next_by: string | null; word: string }[];
  buttons: { tested: number; of: number; devices: { id: string; name: string; tested_at: string | null; word: string }[] };
  trained: { role: string | null; people: number; trained: number; missing: { id: string; name: string }[] }[];
  findings: { drill_id: string; id: string; text: string; owner: { name: string }; due_on: string; late: boolean }[];
}

const shapes: Record<string, ShapeName> = { overdue: "triangle", soon: "clock", fine: "tick", not_needed: "dashed", tested: "tick", due: "clock", never: "triangle" };

/** `office_id`: the office whose wheel a message is about; without it the first one. */
export default function ProgrammeScreen({ office_id, sos }: { office_id?: string | undefined; sos: React.ReactNode }) {
  const { x, t } = useDrillTexts();
  const session = useSession();
  const offices = officesWhere(session, plansDrillsBy);
  const [chosen, choose] = useState((offices.find((one) => one.id === office_id) ?? offices[0])?.id ?? "");
  const [found, setFound] = useState<Programme | null>(null);
  const [failed, setFailed] = useState(false);
  const rung = useValue(useServices().drillsRung);
  const read = useCallback(async () => {
    const answer = await get<Programme>(`/api/offices/${encodeURIComponent(chosen)}/drills/programme`);
    if (answer.ok) setFound(answer.body);
    setFailed(!answer.ok);
  }, [chosen]);
  useEffect(() => void read(), [read, rung]);
  return (
    <Page broad>
      <div className="stack">
        <div className="row apart">
          <h1>{x("ex.programme")}</h1>
          <div className="row">
            <Link className="button" href={`/ovelser/dokumentasjon/${chosen}`}>{x("ex.training")}</Link>
            <Link className="button" href={`/ovelser/amu/${chosen}`}>{x("ex.committee")}</Link>
          </div>
        </div>
        {offices.length > 1 && <div className="row">{offices.map((one) => <button key={one.id} type="button" className="button" aria-pressed={one.id === chosen} onClick={() => choose(one.id)}>{one.name}</button>)}</div>}
        {failed && <p className="notice dashed" role="status">{x("ex.unknown")}</p>}
        {!found && !failed && <p role="status">{t("app.loading")}</p>}
        {found && (
          <>
            <div className="drill-columns">
              <Duties found={found} />
              <div className="stack"><Lines office_id={chosen} found={found} changed={() => void read()} /></div>
            </div>
            <div className="drill-columns">
              <Buttons found={found} />
              <Trained found={found} />
            </div>
          </>
        )}
      </div>
      {sos}
    </Page>
  );
}

function Duties({ found }: { found: Programme }) {
  const { x, say, language } = useDrillTexts();
  const word = (name: string) => (isDrillText(`ex.duty_${name}`) ? x(`ex.duty_${name}` as never) : name);
  return (
    <section className="card stack">
      <h2>{x("ex.duties")}</h2>
      <ul className="targets">
        {found.duties.filter((one) => one.word !== "not_needed").map((one) => (
          <li key={one.exercise_id} className={one.word === "overdue" ? "missed" : one.word === "fine" ? "met" : ""}>
            <span>{say(one.title)} <span className="soft">{one.held.length > 0 ? x("ex.last_held", { date: dateText(one.held.at(-1) ?? null, language) }) : x("ex.never_held")}</span></span>
            <strong><Shape name={shapes[one.word] ?? "question"} size={16} /> {one.planned_id ? <Link href={`/ovelse/${one.planned_id}`}>{x("ex.state_PLANNED")}</Link> : word(one.word)}{one.next_by && one.held.length > 0 && ` · ${dateText(one.next_by, language)}`}</strong>
          </li>
        ))}
      </ul>
      {found.findings.length > 0 && (
        <>
          <h3>{x("ex.findings")}</h3>
          <ul className="reading">{found.findings.map((one) => <li key={one.id}><Link href={`/ovelse/${one.drill_id}`}>{one.text}</Link> · {one.owner.name} · {x(one.late ? "ex.finding_overdue" : "ex.finding_due_on", { date: dateText(one.due_on, language) })}</li>)}</ul>
        </>
      )}
    </section>
  );
}

function Lines({ office_id, found, changed }: { office_id: string; found: Programme; changed: () => void }) {
  const { x, say, language } = useDrillTexts();
  const services = useServices();
  const catalogue = useValue(services.catalogue);
  const session = useSession();
  const people = useColleagues([office_id]);
  const [exercise_id, setExercise] = useState("");
  const [months, setMonths] = useState<number[]>([]);
  const [day, setDay] = useState(10);
  const [time, setTime] = useState("10:00");
  const [owner_id, setOwner] = useState(session.person.id);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => void services.fetchCatalogue(), [services]);
  const monthName = (month: number) => new Intl.DateTimeFormat(language === "en" ? "en-GB" : "nb-NO", { month: "short" }).format(new Date(2026, month - 1, 15));
  const path = `/api/offices/${encodeURIComponent(office_id)}/drills/programme`;
  const ready = exercise_id !== "" && months.length > 0 && /^\d\d:\d\d$/.test(time);
  const send = async () => {
    if (!ready) return;
    const [hour, minute] = time.split(":").map(Number);
    const answer = await put<{ reason?: string }>(`${path}/${uuid7()}`, { exercise_id, months, day, hour, minute, owner_id, notice: null });
    setProblem(answer.ok ? null : (answer.reason ?? "no_answer"));
    if (answer.ok) {
      setExercise("");
      setMonths([]);
      changed();
    }
  };
  const drop = async (id: string) => {
    const answer = await remove(`${path}/${encodeURIComponent(id)}`);
    setProblem(answer.ok ? null : (answer.reason ?? "no_answer"));
    changed();
  };
  const notPlanned = (one: NonNullable<Line["problem"]>) => {
    const why = refusalText(x, one.why);
    return one.on ? x("ex.line_not_planned_on", { date: dateText(one.on, language), why }) : x("ex.line_not_planned", { why });
  };
  const title = (id: string) => say(catalogue?.exercises.find((one) => one.id === id)?.title) || id;
  return (
    <section className="card stack">
      <h2>{x("ex.wheel")}</h2>
      <p className="soft">{x("ex.wheel_text")} {x("ex.wheel_reminds")}</p>
      <ul className="stack">
        {found.lines.map((one) => (
          <li key={one.id} className="row apart">
            <span><strong>{title(one.exercise_id)}</strong><br /><span className="soft number">{one.months.map((month) => `${one.day}. ${monthName(month)}`).join(", ")} · {String(one.hour).padStart(2, "0")}:{String(one.minute).padStart(2, "0")} · {one.owner.name}</span>
              {one.problem && <><br /><strong><Shape name="triangle" size={16} /> {notPlanned(one.problem)}</strong></>}</span>
            <button type="button" className="button quiet" onClick={() => void drop(one.id)}>{x("ex.press_remove")}<span className="hidden-text"> {title(one.exercise_id)}</span></button>
          </li>
        ))}
      </ul>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); void send(); }}>
        <label className="field"><span>{x("ex.exercise")}</span>
          <select value={exercise_id} onChange={(event) => setExercise(event.target.value)}><option value="">{x("ex.choose")}</option>{(catalogue?.exercises ?? []).map((one) => <option key={one.id} value={one.id}>{say(one.title)}</option>)}</select>
        </label>
        <fieldset><legend>{x("ex.months")}</legend>
          <div className="choices months">{Array.from({ length: 12 }, (_, n) => n + 1).map((month) => (
            <label key={month} className="choice"><input type="checkbox" checked={months.includes(month)} onChange={(event) => setMonths(event.target.checked ? [...months, month].sort((one, other) => one - other) : months.filter((one) => one !== month))} />{monthName(month)}</label>
          ))}</div>
        </fieldset>
        <div className="pairs">
          <label className="field"><span>{x("ex.day")}</span><input type="number" min={1} max={28} value={day} onChange={(event) => setDay(Math.max(1, Math.min(28, Number(event.target.value) || 1)))} /></label>
          <label className="field"><span>{x("ex.time")}</span><input type="time" value={time} onChange={(event) => setTime(event.target.value)} /></label>
          <label className="field"><span>{x("ex.finding_owner")}</span><select value={owner_id} onChange={(event) => setOwner(event.target.value)}>{people.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}</select></label>
        </div>
        {problem && <p className="notice amber" role="alert">{refusalText(x, problem)}</p>}
        <button type="submit" className="button" aria-disabled={!ready}>{x("ex.wheel_add")}</button>
      </form>
    </section>
  );
}

function Buttons({ found }: { found: Programme }) {
  const { x, language } = useDrillTexts();
  return (
    <section className="card stack">
      <h2>{x("ex.round")} <span className="soft number">{found.buttons.tested}/{found.buttons.of}</span></h2>
      <p className="soft">{x("ex.round_text")}</p>
      <ul className="stack">
        {found.buttons.devices.map((one) => <li key={one.id} className="row apart"><span><Shape name={shapes[one.word] ?? "question"} size={16} /> {one.name}</span><span className="soft number">{one.tested_at ? dateText(one.tested_at, language) : x("ex.never")}</span></li>)}
      </ul>
    </section>
  );
}

function Trained({ found }: { found: Programme }) {
  const { x } = useDrillTexts();
  const roleName = useRoleNames();
  return (
    <section className="card stack">
      <h2>{x("ex.trained")}</h2>
      {found.trained.map((one) => (
        <details key={one.role ?? ""}>
          <summary>{one.role ? roleName(one.role) : x("ex.everyone_short")}: <span className="number">{one.trained}/{one.people}</span></summary>
          {one.missing.length > 0 && <p>{x("ex.missing")}: {one.missing.map((each) => each.name).join(", ")}</p>}
        </details>
      ))}
    </section>
  );
}
