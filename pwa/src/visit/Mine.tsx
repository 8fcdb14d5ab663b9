// My own visit: before the start, out, late, overdue and home. Large, few buttons, quiet.
import { useEffect, useRef, useState } from "react";
import { Link } from "wouter";
import { extensions_min, isOut, left_s, reading, roomToExtend_min } from "../core/visit-rules";
import { onWay, setOut, type Way } from "../core/visit-back";
import type { VisitView } from "../core/visit-contract";
import { useTexts } from "../i18n/use-texts";
import { buzz } from "../io/device";
import { useNow_ms, useServices, useSession, useValue, useVisitActions, type VisitActions } from "../io/hooks";
import { Shape } from "../ui/shapes";
import { Countdown } from "./Countdown";
import { PinBeside, PinEntry, usePinBeside } from "./PinEntry";
import { Preflight } from "./Preflight";
import { Unsent, VisitRefusal, VisitTap } from "./VisitTap";
import { useVisitWords } from "./words";

const uncovered_min = [15, 30, 60];

export function Mine({ visit }: { visit: VisitView }) {
  const actions = useVisitActions(visit.id);
  if (visit.state === "PLANNED") return <Planned visit={visit} actions={actions} />;
  if (isOut(visit)) return <Out visit={visit} actions={actions} />;
  return <Home visit={visit} actions={actions} />;
}

function Planned({ visit, actions }: { visit: VisitView; actions: VisitActions }) {
  const { t, clock } = useTexts();
  const words = useVisitWords(visit);
  return (
    <div className="stack">
      <h1>{words.kind}</h1>
      <Summary visit={visit} />
      <VisitRefusal actions={actions} of={["start", "cancel", "carry"]} />
      <Waiting visit={visit} />
      <Preflight visit={visit} />
      {visit.can.includes("start") && (
        <VisitTap actions={actions} action="start" className="filled tall wide" shape="arrow">{t("visit.start")}</VisitTap>
      )}
      <p className="soft">{t("visit.start_text", { time: clock(visit.ends_at) })}</p>
      <Unsent actions={actions} />
      <Reading open={false} />
      {visit.can.includes("cancel") && <VisitTap actions={actions} action="cancel" className="wide">{t("visit.cancel")}</VisitTap>}
    </div>
  );
}

/** What still stands in the way, so that nobody finds out at the door. */
function Waiting({ visit }: { visit: VisitView }) {
  const { t } = useTexts();
  const waits: string[] = [];
  if (visit.required.includes("leader_decides") && !visit.approval) waits.push(t("visit.waits_for_leader"));
  if (visit.approval && !visit.approval.yes) waits.push(t("visit.leader_said_no", { name: visit.approval.by.name, reason: visit.approval.reason }));
  if (visit.missing.includes("two_employees") && !visit.approval?.waived.includes("two_employees")) waits.push(t("visit.needs_companion"));
  if (visit.contact && !visit.contact_accepted) waits.push(t("visit.contact_not_yet", { name: visit.contact.name }));
  if (waits.length === 0) return null;
  return <ul className="notice amber">{waits.map((one) => <li key={one}>{one}</li>)}</ul>;
}

function Out({ visit, actions }: { visit: VisitView; actions: VisitActions }) {
  const { t, clock } = useTexts();
  const words = useVisitWords(visit);
  const [discreet, setDiscreet] = useState(false);
  const [asking, setAsking] = useState<"end" | "uncovered" | "longer" | null>(null);
  const hasPin = useSession().pin !== false;
  const pin = usePinBeside();
  useSendPosition(visit);
  useBuzz(visit);
  const tapped = () => {
    pin.clear();
    setAsking(null);
  };
  if (discreet) return <Discreet visit={visit} actions={actions} back={() => setDiscreet(false)} />;
  const overdue = visit.state === "OVERDUE";
  return (
    <div className="stack visit-out">
      <h1 className="hidden-text">{words.kind}</h1>
      {overdue ? <p className="notice amber overdue" role="alert">{t("visit.overdue_mine")}</p> : <Countdown visit={visit} />}
      <VisitRefusal actions={actions} of={["check_in", "extend", "no_coverage", "end"]} />
      {!overdue && <Watched visit={visit} />}
      {visit.seems_home && !overdue && <p className="notice">{t("visit.seems_home")}</p>}
      {asking === "end" && (
        <PinEntry
          label={t(wantsPin(visit, actions) ? "visit.pin" : "visit.pin_free")}
          free={!wantsPin(visit, actions)}
          go={t("visit.end")}
          onPin={(typed) => { actions.act("end", typed === "" ? {} : { pin: typed }); tapped(); }}
          onCancel={() => setAsking(null)}
        />
      )}
      {asking === "longer" && <Longer visit={visit} actions={actions} more={pin.more} done={tapped} cancel={() => setAsking(null)} />}
      {asking === "uncovered" && (
        <div className="confirm stack">
          <p><strong>{t("visit.uncovered_question")}</strong></p>
          <div className="choices across">
            {uncovered_min.filter((minutes) => minutes * 60 <= (visit.times?.uncovered_max_s ?? 0)).map((minutes) => (
              <VisitTap key={minutes} actions={actions} action="no_coverage" more={{ seconds: minutes * 60, ...pin.more }} className="tall" onTap={tapped}>
                <UntilIn minutes={minutes} />
              </VisitTap>
            ))}
          </div>
          <button type="button" className="button tall wide" onClick={() => setAsking(null)}>{t("app.cancel")}</button>
        </div>
      )}
      {asking === null && (
        <>
          <VisitTap actions={actions} action="check_in" more={pin.more} className="filled wide check-in" shape="tick" onTap={tapped}>{t("visit.check_in")}</VisitTap>
          <Unsent actions={actions} />
          {!overdue && (
            <div className="choices out-row">
              {extensions_min(visit).map((minutes) => (
                <VisitTap key={minutes} actions={actions} action="extend" more={{ seconds: minutes * 60, ...pin.more }} className="tall" onTap={tapped}>{t("visit.extend", { minutes })}</VisitTap>
              ))}
              {roomToExtend_min(visit) > 0 && <button type="button" className="button tall" onClick={() => setAsking("longer")}>{t("visit.extend_other")}</button>}
            </div>
          )}
          <EndButton visit={visit} actions={actions} ask={() => setAsking("end")} />
          {hasPin && <PinBeside pin={pin} />}
          {!overdue && <button type="button" className="button wide" onClick={() => setAsking("uncovered")}>{t("visit.uncovered")}</button>}
        </>
      )}
      {!overdue && visit.started_at !== null && <p className="soft">{t("visit.watched_until", { time: clock(visit.ends_at) })}</p>}
      <p className="soft">{words.watched}{visit.heard_at && <> · {t("visit.heard_at", { time: clock(visit.heard_at) })}</>}</p>
      <div className="row apart">
        <button type="button" className="button" onClick={() => setDiscreet(true)}><Shape name="lock" /> {t("visit.discreet")}</button>
        {visit.where && <span className="soft">{visit.where.address}</span>}
      </div>
      <Reading open={false} />
    </div>
  );
}

/** Said from what the server has answered, never from the tap: before it has the start, nobody watches. One line: all that one does is above the SOS on a phone. */
function Watched({ visit }: { visit: VisitView }) {
  const { t, clock } = useTexts();
  if (visit.started_at === null) return null;
  return <p className="visit-watched" role="status"><Shape name="tick" size={22} /> <span>{t("visit.started", { from: clock(visit.started_at) })}</span></p>;
}

/** Whether the check-out is taken only with the PIN. Who is missed, or was asked for it, always gives it. */
function wantsPin(visit: VisitView, actions: VisitActions): boolean {
  const reason = actions.last("end")?.reason;
  return visit.times?.pin_at_end === true || visit.state === "OVERDUE" || reason === "needs_pin";
}

/** The PIN may always be given by those who have one, also where it is not needed: whoever is forced to check out can say so, and it looks like any check-out. */
function EndButton({ visit, actions, ask }: { visit: VisitView; actions: VisitActions; ask: () => void }) {
  const { t } = useTexts();
  const has = useSession().pin !== false;
  if (has || wantsPin(visit, actions)) return <button type="button" className="button tall wide" onClick={ask}><Shape name="flag" size={24} /> {t("visit.end")} …</button>;
  return <VisitTap actions={actions} action="end" className="tall wide" shape="flag">{t("visit.end")}</VisitTap>;
}

/** Any number of minutes, up to what the level allows in all. */
function Longer({ visit, actions, more, done, cancel }: { visit: VisitView; actions: VisitActions; more: Record<string, unknown>; done: () => void; cancel: () => void }) {
  const { t } = useTexts();
  const most = roomToExtend_min(visit);
  const [minutes, setMinutes] = useState("");
  const wanted = Number(minutes);
  const good = Number.isInteger(wanted) && wanted >= 1 && wanted <= most;
  return (
    <div className="confirm stack">
      <label className="field"><span>{t("visit.extend_minutes", { most })}</span>
        <input value={minutes} inputMode="numeric" autoComplete="off" maxLength={3} autoFocus onChange={(event) => setMinutes(event.target.value.replace(/\D/g, ""))} />
      </label>
      <VisitTap actions={actions} action="extend" more={{ seconds: wanted * 60, ...more }} className="filled tall wide" disabled={!good} onTap={done}>{t("visit.extend_go")}</VisitTap>
      <button type="button" className="button tall wide" onClick={cancel}>{t("app.cancel")}</button>
    </div>
  );
}

function UntilIn({ minutes }: { minutes: number }) {
  const { clock } = useTexts();
  const now_ms = useNow_ms();
  return <span className="number">{clock(new Date(now_ms + minutes * 60_000).toISOString())}</span>;
}

/** Looks like a clock to whoever glances at the table. */
function Discreet({ visit, actions, back }: { visit: VisitView; actions: VisitActions; back: () => void }) {
  const { t, clock } = useTexts();
  const now_ms = useNow_ms();
  return (
    <div className="discreet">
      <h1 className="hidden-text">{t("visit.discreet")}</h1>
      <button type="button" className="discreet-face" onClick={back}>
        <span className="number discreet-time">{clock(new Date(now_ms).toISOString())}</span>
        <span className="number discreet-left">{clock(visit.deadline_at)}</span>
        <span className="hidden-text">{t("visit.discreet_back")}</span>
      </button>
      <VisitTap actions={actions} action="check_in" className="discreet-tap">{t("visit.discreet_check_in")}</VisitTap>
    </div>
  );
}

function Home({ visit, actions }: { visit: VisitView; actions: VisitActions }) {
  const { t, clock } = useTexts();
  if (visit.state === "CANCELLED") return <div className="stack"><h1>{t("visit.state_CANCELLED")}</h1><Link className="button filled tall wide" href="/besok">{t("visit.to_list")}</Link></div>;
  return (
    <div className="stack">
      <section className="home-state"><Shape name="tick" size={40} /><h1>{t("visit.home_at", { time: clock(visit.home?.at ?? null) })}</h1></section>
      {visit.debriefed === null ? (
        <section className="card stack">
          <h2>{t("visit.debrief")}</h2>
          <div className="choices">
            {(["fine", "unpleasant", "incident"] as const).map((how) => (
              <VisitTap key={how} actions={actions} action="debrief" more={{ how }} className="tall">{t(`visit.debrief_${how}`)}</VisitTap>
            ))}
          </div>
        </section>
      ) : <p className="notice">{t(`visit.debriefed_${visit.debriefed === "fine" ? "fine" : "report"}`)}</p>}
      {visit.may_report && <Link className="button filled tall wide" href={`/rapport/${visit.id}`}>{t("report.open")}</Link>}
      <p className="soft">{t("visit.deleted_within")}</p>
      <Link className="button tall wide" href="/besok">{t("visit.to_list")}</Link>
    </div>
  );
}

export function Summary({ visit }: { visit: VisitView }) {
  const { t, clock } = useTexts();
  const words = useVisitWords(visit);
  return (
    <dl className="facts">
      <div><dt>{t("visit.who")}</dt><dd>{words.names}</dd></div>
      <div><dt>{t("visit.when")}</dt><dd className="number">{clock(visit.starts_at)}–{clock(visit.ends_at)}</dd></div>
      {visit.where && <div><dt>{t("visit.where")}</dt><dd>{[visit.where.address, visit.where.detail].filter(Boolean).join(", ") || "–"}</dd></div>}
      {visit.where?.transport && <div><dt>{t("visit.travel")}</dt><dd>{visit.where.transport}</dd></div>}
      <div><dt>{t("visit.contact")}</dt><dd>{words.watched}</dd></div>
      {words.level && <div><dt>{t("visit.level")}</dt><dd><span className={`level ${visit.risk}`}>{words.level}</span></dd></div>}
    </dl>
  );
}

/** Read beforehand, never ticked: what to remember at the door and inside. */
export function Reading({ open }: { open: boolean }) {
  const { t, say } = useTexts();
  const checklist = useValue(useServices().checklist);
  if (!checklist) return null;
  const items = reading(checklist);
  return (
    <details className="card" open={open}>
      <summary>{t("visit.reading")}</summary>
      {(["door", "inside"] as const).map((when) => (
        <div key={when} className="stack">
          <h2>{t(`visit.reading_${when}`)}</h2>
          <ul className="reading">{items.filter((one) => one.when === when).map((one) => <li key={one.id}>{say(one.texts)}</li>)}</ul>
        </div>
      ))}
    </details>
  );
}

/** With the page open the phone shakes as each reminder falls due: it never makes a sound. */
function useBuzz(visit: VisitView): void {
  const left = left_s(visit, useNow_ms());
  const before = useRef<number | null>(null);
  useEffect(() => {
    if (left === null) return;
    const last = before.current;
    if (last !== null && last - left < 60 && remind_at_s.some((at) => last > at && left <= at)) buzz("reminder");
    before.current = left;
  }, [left]);
}

const remind_at_s = [600, 300, 0];
const position_every_ms = 60_000;

/** Only while out, the latest only; the server keeps it sealed until an alarm. Nothing is asked for that the phone has not been allowed. */
function useSendPosition(visit: VisitView): void {
  const services = useServices();
  const way = useRef<Way>(setOut);
  const now = useRef(visit);
  now.current = visit;
  useEffect(() => {
    if (!(navigator.geolocation as Geolocation | null | undefined)) return;
    const send = () =>
      navigator.geolocation.getCurrentPosition(
        ({ coords, timestamp }) => {
          services.locate(visit.id, coords, Math.max(0, (Date.now() - timestamp) / 1000));
          way.current = onWay(way.current, { lat: coords.latitude, lon: coords.longitude, speed_mps: coords.speed, at_ms: timestamp }, now.current.office_at);
          if (way.current.back && !now.current.seems_home && now.current.state !== "OVERDUE") {
            buzz("reminder");
            void services.outbox.visit(visit.id, "seems_home");
          }
        },
        () => undefined,
        { maximumAge: 30_000, timeout: 20_000, enableHighAccuracy: true },
      );
    send();
    const timer = setInterval(send, position_every_ms);
    return () => clearInterval(timer);
  }, [services, visit.id]);
}
