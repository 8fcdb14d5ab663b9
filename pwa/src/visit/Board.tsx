// Who is out, until when, and who watches: the office's board, with my own visits first. It says how old it is, and covers itself when it does not know.
import { Link } from "wouter";
import { followsUpBy, officesWhere } from "../core/session-contract";
import { alarmIsWrong, inOrder, isOut, isOver, left_s, nearness, spanText, waitsForMe } from "../core/visit-rules";
import type { VisitView } from "../core/visit-contract";
import { useTexts } from "../i18n/use-texts";
import { useConnection, useNow_ms, useServices, useSession, useTick_ms, useValue } from "../io/hooks";
import { Page } from "../ui/Page";
import { Shape } from "../ui/shapes";
import { useMyPortables } from "./TakeAlarm";
import { useVisitWords } from "./words";
import "./visit.css";

/** Two minutes without a reading: the board is read each minute, and whenever the server rings. */
const stale_after_ms = 130_000;

export default function BoardScreen({ sos }: { sos: React.ReactNode }) {
  const { t } = useTexts();
  const session = useSession();
  return (
    <Page>
      <div className="stack">
        <div className="row apart">
          <h1>{t("visit.title")}</h1>
          <Link className="button filled tall" href="/besok/ny">{t("visit.new")}</Link>
        </div>
        <Board />
        {officesWhere(session, followsUpBy).length > 0 && <Link className="button tall wide" href="/besok/tall">{t("report.counts")}</Link>}
      </div>
      {sos}
    </Page>
  );
}

export function Board({ only }: { only?: string }) {
  const { t } = useTexts();
  const session = useSession();
  const { visits, at_ms } = useValue(useServices().visits);
  const tick_ms = useTick_ms();
  const { connection } = useConnection();
  const list = inOrder(visits.filter((one) => only === undefined || one.office_id === only));
  const unknown = at_ms === null || tick_ms - at_ms > stale_after_ms || connection === "unknown";
  if (unknown && session.surface !== "phone") {
    return <p className="notice dashed"><span><Shape name="question" /> {t("visit.board_unknown")}</span></p>;
  }
  const groups: [string, VisitView[]][] = [
    [t("visit.group_out"), list.filter(isOut)],
    [t("visit.group_planned"), list.filter((one) => one.state === "PLANNED")],
    [t("visit.group_done"), list.filter((one) => isOver(one) && one.state === "HOME")],
  ];
  return (
    <div className="stack">
      {unknown && <p className="notice dashed">{t("visit.board_unknown")}</p>}
      {groups.map(([title, some]) => some.length > 0 && (
        <section key={title} className="stack">
          <h2>{title} <span className="soft">({some.length})</span></h2>
          <ul className="visit-rows">{some.map((visit) => <li key={visit.id}><Row visit={visit} open={visit.mine || visit.can.length > 0} /></li>)}</ul>
        </section>
      ))}
      {list.filter((one) => !isOver(one)).length === 0 && !unknown && <p className="soft">{t("visit.nobody_out")}</p>}
    </div>
  );
}

export function Row({ visit, open }: { visit: VisitView; open: boolean }) {
  const { t, clock } = useTexts();
  const words = useVisitWords(visit);
  const now_ms = useNow_ms();
  const how = nearness(visit, now_ms);
  const seconds = left_s(visit, now_ms);
  const asks = waitsForMe(visit);
  const inner = (
    <>
      <span className="visit-row-who"><strong>{words.names}</strong><span className="soft">{words.watched}</span></span>
      <span className="visit-row-when number">
        {isOut(visit) && seconds !== null && <><Shape name={how === "calm" ? "clock" : how === "soon" ? "triangle" : "square"} /> {how === "late" ? t("visit.late_short", { span: spanText(seconds) }) : clock(visit.deadline_at)}</>}
        {visit.state === "PLANNED" && `${clock(visit.starts_at)}–${clock(visit.ends_at)}`}
        {visit.state === "HOME" && t("visit.home_short", { time: clock(visit.home?.at ?? visit.ends_at) })}
      </span>
      {alarmIsWrong(visit) && <span className="visit-row-asks">{t(`visit.alarm_${visit.alarm}_short`)}</span>}
      {asks && <span className="visit-row-asks">{t("visit.needs_answer")}</span>}
    </>
  );
  const className = `visit-row ${isOut(visit) ? how : "calm"}`;
  return open ? <Link className={className} href={`/besok/${visit.id}`}>{inner}</Link> : <div className={className}>{inner}</div>;
}

/** On the phone's first page: what is mine, and what wants something of me. */
export function VisitsOfMine() {
  const { t } = useTexts();
  const { visits } = useValue(useServices().visits);
  const locked = useSession().tier === "key"; // the board and the shelf are behind the lock: no way to them that leads nowhere
  const mine = inOrder(visits).filter((one) => !isOver(one) && (one.mine || (one.late || alarmIsWrong(one)) && one.can.length > 0 || waitsForMe(one)));
  if (locked && mine.length === 0) return null;
  return (
    <section className="stack">
      {mine.length > 0 && <ul className="visit-rows">{mine.map((visit) => <li key={visit.id}><Row visit={visit} open /></li>)}</ul>}
      {!locked && <Link className="button tall wide" href="/besok"><Shape name="people" /> {t("visit.title")}</Link>}
      {!locked && <TakenAlarm />}
    </section>
  );
}

/** The portable alarm that I have taken, or the way to take one. */
function TakenAlarm() {
  const { t } = useTexts();
  const { mine } = useMyPortables(false);
  const taken = (mine ?? []).filter((one) => !one.fixed);
  return (
    <Link className="button tall wide" href="/bruk">
      {taken.length === 0 ? t("portable.open") : taken.map((one) => t(one.tested ? "portable.mine" : "portable.mine_untested", { name: one.name })).join(", ")}
    </Link>
  );
}
