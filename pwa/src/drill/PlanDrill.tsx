// Planning a drill, or changing it: which exercise, when, who leads it, which alarms go off, who takes part and who plays what.
import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import { readDrill, type DrillView } from "../core/drill-contract";
import { lineTime, readLineTime } from "../core/drill-rules";
import { officesWhere, plansDrillsBy } from "../core/session-contract";
import { osloDate, osloMoment_ms, osloTime } from "../core/oslo";
import { uuid7 } from "../core/uuid7";
import { post } from "../io/api";
import { useNow_ms, useServices, useSession, useValue } from "../io/hooks";
import { Page } from "../ui/Page";
import { useRoleNames } from "./parts";
import { refusalText, useDrillTexts } from "./texts";
import { useButtons, useColleagues, type Colleague } from "./use-choices";
import { untilAnswered, useDrill, useDrillActions } from "./use-drills";
import "./drill.css";

const kinds = ["panic", "assist", "fall", "no_motion"] as const;

interface PressDraft {
  key: string;
  office_id: string;
  device_id: string;
  kind: string;
  at: string;
}

interface Draft {
  offices: string[];
  exercise_id: string;
  name: string;
  leader_id: string;
  date: string;
  time: string;
  minutes: number;
  notice: string;
  presses: PressDraft[];
  participants: string[] | null;
  observers: string[];
  cast: Record<string, string>;
}

export function NewDrill({ sos }: { sos: React.ReactNode }) {
  const session = useSession();
  const now_ms = useNow_ms();
  const office = officesWhere(session, plansDrillsBy)[0] ?? session.offices[0];
  const soon_ms = Math.ceil((now_ms + 10 * 60_000) / 300_000) * 300_000;
  const [start] = useState<Draft>(() => ({
    offices: office ? [office.id] : [], exercise_id: "", name: "", leader_id: session.person.id, date: osloDate(soon_ms), time: osloTime(soon_ms), minutes: 30, notice: "",
    presses: office ? [{ key: uuid7(), office_id: office.id, device_id: "", kind: "panic", at: "0:00" }] : [], participants: null, observers: [], cast: {},
  }));
  return <Planner start={start} drill={null} sos={sos} />;
}

export function ChangeDrill({ id, sos }: { id: string; sos: React.ReactNode }) {
  const { t } = useDrillTexts();
  const { value: drill } = useDrill(id);
  if (drill?.exercise == null) return <Page><p role="status">{t("app.loading")}</p>{sos}</Page>;
  return <Planner key={drill.id} start={draftOf(drill)} drill={drill} sos={sos} />;
}

function draftOf(drill: DrillView): Draft {
  const [from, to] = [Date.parse(drill.starts_at ?? ""), Date.parse(drill.ends_at ?? "")];
  return {
    offices: drill.offices, exercise_id: drill.exercise?.id ?? "", name: drill.name, leader_id: drill.leader?.id ?? "", date: osloDate(from), time: osloTime(from),
    minutes: Math.round((to - from) / 60_000), notice: drill.notice,
    presses: drill.presses.map((one) => ({ key: one.id, office_id: one.office_id, device_id: one.device_id ?? "", kind: one.kind, at: one.at_s === null ? "" : lineTime(one.at_s) })),
    participants: drill.participants.length > 0 ? drill.participants.map((one) => one.id) : null, observers: drill.observers.map((one) => one.id),
    cast: Object.fromEntries(drill.cast.map((one) => [one.role, one.id])),
  };
}

function Planner({ start, drill, sos }: { start: Draft; drill: DrillView | null; sos: React.ReactNode }) {
  const { x, say } = useDrillTexts();
  const services = useServices();
  const catalogue = useValue(services.catalogue);
  const session = useSession();
  const [, go] = useLocation();
  const [draft, setDraft] = useState(start);
  const [problem, setProblem] = useState<string | null>(null);
  const [sending, setSending] = useState(false);
  const [id] = useState(() => uuid7());
  const people = useColleagues(draft.offices);
  const { act, refused } = useDrillActions(drill?.id ?? "", (after) => go(`/ovelse/${after.id}`));
  const change = (some: Partial<Draft>) => setDraft((before) => ({ ...before, ...some }));
  useEffect(() => void services.fetchCatalogue(), [services]);

  const exercise = catalogue?.exercises.find((one) => one.id === draft.exercise_id) ?? null;
  const offices = officesWhere(session, plansDrillsBy);
  const from_ms = osloMoment_ms(draft.date, draft.time);
  const talks = exercise?.form === "discussion";
  const presses = talks ? [] : draft.presses;
  const wrongTimes = presses.filter((one) => readLineTime(one.at) === undefined).map((one) => one.key);
  const ready = exercise !== null && draft.name.trim() !== "" && draft.leader_id !== "" && from_ms !== null && wrongTimes.length === 0 && draft.offices.length > 0;

  const choose = (exercise_id: string) => {
    const found = catalogue?.exercises.find((one) => one.id === exercise_id);
    const untouched = draft.name === "" || catalogue?.exercises.some((one) => say(one.title) === draft.name);
    change({ exercise_id, notice: found?.notice ?? "", minutes: found?.duration_min ?? draft.minutes, cast: {}, ...(untouched && found ? { name: say(found.title) } : {}) });
  };
  const send = async () => {
    if (!ready || sending || from_ms === null) return;
    const plan = {
      offices: draft.offices, exercise_id: draft.exercise_id, name: draft.name.trim(), leader_id: draft.leader_id,
      starts_at: new Date(from_ms).toISOString(), ends_at: new Date(from_ms + draft.minutes * 60_000).toISOString(), notice: draft.notice || null,
      presses: presses.map((one) => ({ office_id: one.office_id, device_id: one.device_id || null, kind: one.kind, at_s: readLineTime(one.at) ?? null })),
      participants: draft.participants ?? [], observers: draft.observers,
      cast: Object.entries(draft.cast).filter(([, person_id]) => person_id !== "").map(([role, person_id]) => ({ role, person_id })),
    };
    setSending(true);
    setProblem(null);
    if (drill) await act("replan", { plan });
    else {
      const answer = await untilAnswered(() => post<{ drill?: unknown; reason?: string }>("/api/drills", { id, ...plan }), () => setProblem("no_answer"));
      const made = answer.ok ? readDrill(answer.body?.drill) : null;
      if (made) return go(`/ovelse/${made.id}`);
      setProblem(answer.reason ?? "no_answer");
    }
    setSending(false);
  };

  return (
    <Page>
      <form className="stack plan" onSubmit={(event) => { event.preventDefault(); void send(); }}>
        <h1>{drill ? x("ex.change") : x("ex.plan_new")}</h1>
        {catalogue && (
          <details className="card"><summary>{x("ex.rules")}</summary><ul className="reading">{Object.entries(catalogue.rules).map(([name, text]) => <li key={name}>{say(text)}</li>)}</ul></details>
        )}
        {offices.length > 1 && (
          <fieldset><legend>{x("ex.offices")}</legend>
            {offices.map((one) => (
              <label key={one.id} className="check-line"><input type="checkbox" checked={draft.offices.includes(one.id)} onChange={(event) => change({ offices: event.target.checked ? [...draft.offices, one.id] : draft.offices.filter((each) => each !== one.id) })} />{one.name}</label>
            ))}
          </fieldset>
        )}
        <label className="field"><span>{x("ex.exercise")}</span>
          <select value={draft.exercise_id} onChange={(event) => choose(event.target.value)}>
            <option value="">{x("ex.choose")}</option>
            {(catalogue?.exercises ?? []).map((one) => <option key={one.id} value={one.id}>{say(one.title)} ({x("ex.minutes", { count: one.duration_min })})</option>)}
          </select>
        </label>
        {exercise && (
          <section className="card stack" aria-live="polite">
            <p><strong>{x("ex.goal")}:</strong> {say(exercise.goal)}</p>
            <p className="soft">{say(catalogue?.forms[exercise.form])}</p>
            {(exercise.setup ?? []).length > 0 && <><h2>{x("ex.setup")}</h2><ul className="reading">{exercise.setup!.map((one, n) => <li key={n}>{say(one)}</li>)}</ul></>}
          </section>
        )}
        <label className="field"><span>{x("ex.name")}</span><input value={draft.name} maxLength={120} autoComplete="off" onChange={(event) => change({ name: event.target.value })} /></label>
        <Choose label={x("ex.leader")} people={people} value={draft.leader_id} choose={(leader_id) => change({ leader_id })} />
        <div className="pairs three">
          <label className="field"><span>{x("ex.date")}</span><input type="date" value={draft.date} onChange={(event) => change({ date: event.target.value })} /></label>
          <label className="field"><span>{x("ex.time")}</span><input type="time" value={draft.time} onChange={(event) => change({ time: event.target.value })} /></label>
          <label className="field"><span>{x("ex.duration")}</span><input type="number" min={1} max={480} value={draft.minutes} onChange={(event) => change({ minutes: Math.max(1, Math.min(480, Number(event.target.value) || 1)) })} /></label>
        </div>
        {catalogue && (
          <fieldset><legend>{x("ex.notice")}</legend>
            <div className="choices listed">
              {Object.entries(catalogue.notices).map(([name, text]) => (
                <label key={name} className="choice"><input type="radio" name="notice" checked={draft.notice === name} onChange={() => change({ notice: name })} />{say(text)}</label>
              ))}
            </div>
          </fieldset>
        )}
        {!talks && <Presses draft={draft} change={change} wrong={wrongTimes} />}
        {exercise && exercise.roles.length > 0 && <Cast roles={exercise.roles} people={people} cast={draft.cast} change={(cast) => change({ cast })} />}
        <Participants people={people} chosen={draft.participants} change={(participants) => change({ participants })} />
        <details className="card"><summary>{x("ex.observers")} ({draft.observers.length})</summary><Ticks people={people} chosen={draft.observers} change={(observers) => change({ observers })} /></details>
        {(problem ?? refused?.reason) && <p className="notice amber" role="alert">{refusalText(x, problem ?? refused?.reason ?? "")}</p>}
        <button type="submit" className="button filled tall wide" aria-disabled={!ready || sending}>{sending ? x("ex.sending") : x("ex.save_plan")}</button>
        {!ready && <p className="soft">{x("ex.not_ready")}</p>}
      </form>
      {sos}
    </Page>
  );
}

function Choose({ label, people, value, choose }: { label: string; people: Colleague[]; value: string; choose: (id: string) => void }) {
  const { x } = useDrillTexts();
  return (
    <label className="field"><span>{label}</span>
      <select value={value} onChange={(event) => choose(event.target.value)}>
        <option value="">{x("ex.choose")}</option>
        {people.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
      </select>
    </label>
  );
}

function Presses({ draft, change, wrong }: { draft: Draft; change: (some: Partial<Draft>) => void; wrong: string[] }) {
  const { x } = useDrillTexts();
  const session = useSession();
  const buttons = useButtons(draft.offices);
  const set = (key: string, some: Partial<PressDraft>) => change({ presses: draft.presses.map((one) => (one.key === key ? { ...one, ...some } : one)) });
  const places = draft.offices.flatMap((office_id) => {
    const name = session.offices.find((one) => one.id === office_id)?.name ?? office_id;
    return [{ value: `${office_id}|`, name: draft.offices.length > 1 ? `${name}: ${x("ex.press_office")}` : x("ex.press_office") }, ...(buttons[office_id] ?? []).map((one) => ({ value: `${office_id}|${one.id}`, name: one.name }))];
  });
  return (
    <fieldset className="stack"><legend>{x("ex.presses")}</legend>
      <p className="soft">{x("ex.presses_text")}</p>
      {draft.presses.map((one) => (
        <div key={one.key} className="press-row">
          <label className="field"><span>{x("ex.press_where")}</span>
            <select value={`${one.office_id}|${one.device_id}`} onChange={(event) => { const [office_id = "", device_id = ""] = event.target.value.split("|"); set(one.key, { office_id, device_id }); }}>
              {places.map((each) => <option key={each.value} value={each.value}>{each.name}</option>)}
            </select>
          </label>
          <label className="field"><span>{x("ex.press_kind")}</span>
            <select value={one.kind} onChange={(event) => set(one.key, { kind: event.target.value })}>{kinds.map((each) => <option key={each} value={each}>{x(`ex.kind_${each}`)}</option>)}</select>
          </label>
          <label className="field"><span>{x("ex.press_at")}</span>
            <input value={one.at} maxLength={7} aria-invalid={wrong.includes(one.key)} onChange={(event) => set(one.key, { at: event.target.value })} />
          </label>
          <button type="button" className="button quiet" onClick={() => change({ presses: draft.presses.filter((each) => each.key !== one.key) })}>{x("ex.press_remove")}</button>
          {wrong.includes(one.key) && <strong role="alert">{x("ex.press_at_wrong")}</strong>}
        </div>
      ))}
      <button type="button" className="button" onClick={() => change({ presses: [...draft.presses, { key: uuid7(), office_id: draft.offices[0] ?? "", device_id: "", kind: "panic", at: "" }] })}>{x("ex.press_add")}</button>
    </fieldset>
  );
}

function Cast({ roles, people, cast, change }: { roles: string[]; people: Colleague[]; cast: Record<string, string>; change: (cast: Record<string, string>) => void }) {
  const { x } = useDrillTexts();
  const roleName = useRoleNames();
  return (
    <details className="card"><summary>{x("ex.cast")}</summary>
      <div className="stack">{roles.map((role) => <Choose key={role} label={roleName(role)} people={people} value={cast[role] ?? ""} choose={(id) => change({ ...cast, [role]: id })} />)}</div>
    </details>
  );
}

function Participants({ people, chosen, change }: { people: Colleague[]; chosen: string[] | null; change: (chosen: string[] | null) => void }) {
  const { x } = useDrillTexts();
  return (
    <fieldset className="stack"><legend>{x("ex.who")}</legend>
      <div className="choices listed">
        <label className="choice"><input type="radio" name="participants" checked={chosen === null} onChange={() => change(null)} />{x("ex.participants_all")}</label>
        <label className="choice"><input type="radio" name="participants" checked={chosen !== null} onChange={() => change([])} />{x("ex.participants_some")}</label>
      </div>
      {chosen !== null && <Ticks people={people} chosen={chosen} change={change} />}
    </fieldset>
  );
}

function Ticks({ people, chosen, change }: { people: Colleague[]; chosen: string[]; change: (chosen: string[]) => void }) {
  return (
    <div className="ticks">
      {people.map((one) => (
        <label key={one.id} className="check-line"><input type="checkbox" checked={chosen.includes(one.id)} onChange={(event) => change(event.target.checked ? [...chosen, one.id] : chosen.filter((id) => id !== one.id))} />{one.name}</label>
      ))}
    </div>
  );
}
