// The wall of the staff room: open alarms over everything, else who can be reached and who is out. Read from four metres; nobody taps on it.
import type { AlarmView } from "../core/contract";
import { useEffect } from "react";
import { mayBeIn, mustBeDiscreet, placeOf } from "../core/alarm-rules";
import { lightOf, whysOf } from "../core/light";
import type { OfficeNow } from "../core/session-contract";
import { inOrder, isOut, left_s, nearness, spanText } from "../core/visit-rules";
import { boardKnown, mustCover, shift_px } from "../core/wall-rules";
import { useTexts } from "../i18n/use-texts";
import { useAlarms, useServices, useSession, useTick_ms, useValue } from "../io/hooks";
import { every } from "../io/steady";
import { Silence } from "../safety/Silence";
import { Because } from "../safety/StatusLight";
import { useGapText } from "../safety/words";
import { Shape } from "../ui/shapes";
import { Settings } from "../ui/Settings";
import { WallAlarm } from "./WallAlarm";
import "./wall.css";

const fetch_every_ms = 60_000;

export default function WallScreen() {
  const { t } = useTexts();
  const services = useServices();
  const session = useSession();
  const tick_ms = useTick_ms();
  const office = session.offices[0];
  const now = useValue(services.offices)[office?.id ?? ""] ?? null;
  const { heard_ms } = useValue(services.line);
  const { open } = useAlarms();
  const unread = useValue(services.unread);
  const id = office?.id ?? "";
  useEffect(() => {
    void services.fetchNow(id);
    return every(fetch_every_ms, () => void services.fetchNow(id));
  }, [id, services]);
  const here = open.filter((alarm) => session.offices.some((one) => mayBeIn(alarm, one.id)));
  const place = placeOf(session);
  const shown = here.filter((alarm) => !mustBeDiscreet(alarm, place));
  const discreet = here.filter((alarm) => mustBeDiscreet(alarm, place));
  const { x, y } = shift_px(tick_ms);
  // An alarm that cannot be shown must not look like none.
  if ((unread && here.length === 0) || mustCover({ heard_ms, now_ms: tick_ms, clock_known: services.clock.isKnown() })) return <Cover phone={now?.phone ?? null} />;
  return (
    <div className={`wall ${shown.length > 0 ? "alarmed" : ""}`} style={{ transform: `translate(${x}px, ${y}px)` }}>
      <header className="wall-head">
        <p className="wall-office">{now?.name ?? office?.name}</p>
        {discreet.map((alarm) => <Case key={alarm.id} alarm={alarm} />)}
        <Clock />
        <SoundOff />
        <Silence />
        <Settings />
      </header>
      {shown.length > 0
        ? <main className={`wall-alarms many-${Math.min(shown.length, 3)}`} aria-label={t("alarm.switcher", { count: shown.length })}>{shown.map((alarm) => <WallAlarm key={alarm.id} alarm={alarm} />)}</main>
        : <main className="wall-calm"><Calm discreet={discreet.length > 0} /><Reach now={now} /><Out office_id={id} /></main>}
    </div>
  );
}

/** Nothing of before shows through: somebody who glances at it must not take it for now. */
function Cover({ phone }: { phone: string | null }) {
  const { t } = useTexts();
  return (
    <main className="wall-cover">
      <Shape name="question" size={160} />
      <div role="alert"><h1>{t("wall.unknown")}</h1><p>{t("wall.unknown_text")}</p></div>
      {phone && <p className="number">{phone}</p>}
    </main>
  );
}

function Clock() {
  const { clock } = useTexts();
  const { clock: server } = useServices();
  return <p className="wall-clock number" role="timer" aria-live="off">{clock(new Date(server.now_ms(useTick_ms())).toISOString())}</p>;
}

function Case({ alarm }: { alarm: AlarmView }) {
  const { t, clock } = useTexts();
  return <p className="wall-case number">{t(alarm.drill ? "desk.discreet_drill" : "desk.discreet", { time: clock(alarm.opened_at) })}</p>;
}

/** A browser that nobody has tapped on makes no sound, and a wall is seldom tapped on. */
function SoundOff() {
  const { t, language } = useTexts();
  const { sound } = useServices();
  useTick_ms();
  if (sound.isUnlocked()) return null;
  return <button type="button" className="button wall-sound" onClick={() => void sound.taste(language)}>{t("wall.sound_off")}</button>;
}

/** Beside a silent alarm nothing is said to be calm. */
function Calm({ discreet }: { discreet: boolean }) {
  const { t } = useTexts();
  if (discreet) return null;
  return <section className="wall-none" role="status"><Shape name="ring" size={72} /><h1>{t("home.none_open")}</h1></section>;
}

function Reach({ now }: { now: OfficeNow | null }) {
  const { t } = useTexts();
  const gapText = useGapText();
  const services = useServices();
  const { heard_ms } = useValue(services.line);
  const light = lightOf({ heard_ms, now_ms: useTick_ms(), now, alarms: [], place: placeOf(useSession()) });
  const gaps = now?.readiness?.gaps ?? [];
  return (
    <section className={`wall-tile ${light.state}`} aria-labelledby="wall-reach">
      <h2 id="wall-reach">{t("desk.reach")}</h2>
      <p className="wall-number number">{light.state === "unknown" ? "?" : now?.readiness?.reached}</p>
      <p className="wall-word"><Shape name={light.state === "ready" ? "disc" : light.state === "unknown" || light.state === "unsure" ? "question" : "triangle"} size={40} /> {t(`desk.light_${light.state}`)}</p>
      {gaps.length > 0 && <ul className="wall-list">{gaps.map((gap) => <li key={gap.role}><Shape name="dashed" size={28} /> {gapText(gap)}: <strong>{t(now?.readiness?.state === "unsure" ? "desk.gap_unsure" : "coming.empty")}</strong></li>)}</ul>}
      {now && whysOf(now).map((why) => <p key={why.about}><Because why={why} /></p>)}
    </section>
  );
}

/** Names stand here only where the server gave any: on a wall that visitors may see it does not. */
function Out({ office_id }: { office_id: string }) {
  const { t, clock } = useTexts();
  const services = useServices();
  const { visits, at_ms } = useValue(services.visits);
  const tick_ms = useTick_ms();
  const now_ms = services.clock.now_ms(tick_ms);
  const known = boardKnown(at_ms, tick_ms);
  const out = inOrder(visits).filter((one) => one.office_id === office_id && isOut(one));
  const late = out.filter((one) => nearness(one, now_ms) === "late");
  return (
    <section className={`wall-tile ${known ? (late.length > 0 ? "attention" : "") : "unknown"}`} aria-labelledby="wall-out">
      <h2 id="wall-out">{t("visit.group_out")}</h2>
      <p className="wall-number number">{known ? out.length : "?"}</p>
      {!known && <p>{t("visit.board_unknown")}</p>}
      {known && late.length > 0 && <p className="wall-word"><Shape name="triangle" size={40} /> {t("wall.late", { count: late.length })}</p>}
      {known && (
        <ul className="wall-list">
          {out.slice(0, 6).map((one) => (
            <li key={one.id}>
              <Shape name={nearness(one, now_ms) === "late" ? "triangle" : "clock"} size={28} />
              {one.people.map((person) => person.name).filter(Boolean).join(", ") || t("wall.somebody", { count: one.people.length })}
              <span className="number">{nearness(one, now_ms) === "late" ? t("visit.late_short", { span: spanText(left_s(one, now_ms) ?? 0) }) : clock(one.deadline_at)}</span>
            </li>
          ))}
        </ul>
      )}
      {known && out.length > 6 && <p className="number">{t("wall.more", { count: out.length - 6 })}</p>}
    </section>
  );
}
