// How the drill goes, from its alarms' logs and receipts: who was told, reached, coming and there; roles, marks and target times.
import { useEffect } from "react";
import type { DrillBoard, DrillView } from "../core/drill-contract";
import { between_s, lineTime } from "../core/drill-rules";
import { useServices, useValue } from "../io/hooks";
import { Shape, type ShapeName } from "../ui/shapes";
import { useChannelName, useMarkNames, useOfficeNames, useRoleNames } from "./parts";
import { useDrillTexts } from "./texts";
import { useBoard } from "./use-drills";

const shapes: Record<string, ShapeName> = { told: "dashed", reached: "ring", seen: "disc", coming: "tick", there: "flag", cannot: "cross", failed: "question", met: "tick", missed: "cross", waiting: "clock", unknown: "question" };
/** *failed* here: told, and nothing proves that they have it. Of one person it is said only where every channel has given up. */
const columns = ["told", "reached", "seen", "coming", "there", "cannot", "failed"] as const;

export function Board({ drill }: { drill: DrillView }) {
  const { x, clock } = useDrillTexts();
  const board = useBoard(drill, true);
  if (!board) return <p role="status">{x("ex.unknown")}</p>;
  return (
    <section className="stack" aria-label={x("ex.board")}>
      <div className="row apart"><h2>{x("ex.board")}</h2><span className="soft number">{clock(board.server_time, true)}</span></div>
      <dl className="tallies">
        {columns.map((one) => <div key={one} className={`tally ${one}`}><dt>{x(`ex.${one}`)}</dt><dd className="number">{one === "failed" ? board.counts.told - board.counts.reached : board.counts[one]}</dd></div>)}
      </dl>
      <div className="drill-columns">
        <Targets board={board} />
        <Alarms board={board} />
      </div>
      {board.people.length > 0 ? <People board={board} /> : board.offices.length > 0 && <Offices board={board} />}
      <WouldHave board={board} />
    </section>
  );
}

export function Targets({ board }: { board: Pick<DrillBoard, "targets"> }) {
  const { x, say } = useDrillTexts();
  const markName = useMarkNames();
  const metrics = useMetrics();
  if (board.targets.length === 0) return null;
  return (
    <section className="card stack">
      <h3>{x("ex.targets")}</h3>
      <ul className="targets">
        {board.targets.map((one, n) => (
          <li key={`${one.id}-${one.alarm_id ?? n}`} className={one.word}>
            <span>{one.mark ? markName(one.mark) : say(metrics[one.metric ?? ""]) || one.metric} <span className="soft">{x("ex.within", { text: lineTime(one.within_s) })} {x(fromKey(one.from))}</span></span>
            <strong className="number"><Shape name={shapes[one.word] ?? "question"} size={16} /> {one.seconds === null ? x(wordKey(one.word)) : `${lineTime(one.seconds)} · ${x(wordKey(one.word))}`}</strong>
          </li>
        ))}
      </ul>
    </section>
  );
}

const fromKey = (from: string) => (["alarm", "second_alarm", "switch", "deadline", "disconnect"].includes(from) ? (`ex.from_${from}` as "ex.from_alarm") : "ex.from_alarm");
const wordKey = (word: string) => (["met", "missed", "waiting", "unknown"].includes(word) ? (`ex.word_${word}` as "ex.word_met") : "ex.word_unknown");

function Alarms({ board }: { board: DrillBoard }) {
  const { x, clock } = useDrillTexts();
  const roleName = useRoleNames();
  const markName = useMarkNames();
  const offices = useOfficeNames();
  return (
    <section className="card stack">
      <h3>{x("ex.alarms")}</h3>
      {board.alarms.map((one) => (
        <div key={one.id} className="stack">
          <p><strong>{one.zone ?? offices[one.office_id] ?? one.office_id}</strong> <span className="soft number">{clock(one.opened_at, true)}{one.ended_at && `–${clock(one.ended_at, true)}`}</span></p>
          <ul className="roles-filled">
            {one.cover.map((line) => <li key={line.role} className={line.have >= line.need ? "filled" : "empty"}><Shape name={line.have >= line.need ? "tick" : "dashed"} size={16} /> {roleName(line.role)} <span className="number">{line.have}/{line.need}</span>{line.have === 0 && <em> {x("ex.role_empty")}</em>}</li>)}
          </ul>
          {one.marks.length > 0 && <ul className="marks">{one.marks.map((each) => <li key={each.mark}>{markName(each.mark)} <span className="number soft">{lineTime(between_s(one.opened_at, each.at) ?? 0)}</span></li>)}</ul>}
        </div>
      ))}
    </section>
  );
}

function People({ board }: { board: DrillBoard }) {
  const { x } = useDrillTexts();
  const roleName = useRoleNames();
  const channel = useChannelName();
  const since = (from: string | null, at: string | null) => {
    const seconds = between_s(from, at);
    return seconds === null ? "–" : lineTime(seconds);
  };
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label={x("ex.who")}>
      <table className="drill-table">
        <thead>
          <tr>
            <th scope="col">{x("ex.person")}</th><th scope="col">{x("ex.status")}</th><th scope="col">{x("ex.role")}</th><th scope="col">{x("ex.reached")}</th><th scope="col">{x("ex.coming")}</th><th scope="col">{x("ex.there")}</th><th scope="col">{x("ex.channels")}</th>
          </tr>
        </thead>
        <tbody>
          {board.people.map((one) => (
            <tr key={`${one.alarm_id}-${one.person_id}`} className={one.status}>
              <th scope="row">{one.name}</th>
              <td><Shape name={shapes[one.status] ?? "question"} size={16} /> {x(`ex.${one.status}`)}</td>
              <td>{one.role ? roleName(one.role) : "–"}</td>
              <td className="number">{since(one.told_at, one.reached_at)}</td>
              <td className="number">{since(one.told_at, one.coming_at)}</td>
              <td className="number">{since(one.told_at, one.there_at)}</td>
              <td className="channels">{one.channels.map((each) => <span key={each.channel} className="channel"><Shape name={each.reached_at ? "tick" : each.failed ? "cross" : "dashed"} size={14} /> {channel(each.channel)}</span>)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Offices({ board }: { board: DrillBoard }) {
  const { x } = useDrillTexts();
  const offices = useOfficeNames();
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label={x("ex.people_by_office")}>
      <table className="drill-table">
        <thead><tr><th scope="col">{x("ex.offices")}</th>{columns.map((one) => <th key={one} scope="col">{x(`ex.${one}`)}</th>)}</tr></thead>
        <tbody>{board.offices.map((one) => <tr key={one.office_id}><th scope="row">{offices[one.office_id] ?? one.office_id}</th>{columns.map((each) => <td key={each} className="number">{one[each]}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}

function WouldHave({ board }: { board: DrillBoard }) {
  const { x } = useDrillTexts();
  const channel = useChannelName();
  const contacts = board.would_have.flatMap((one) => one.contacts.map((each) => ({ ...each, key: `${one.alarm_id}-${each.contact}` })));
  const people = Math.max(0, ...board.would_have.map((one) => one.people));
  if (contacts.length === 0 && people === 0) return null;
  return (
    <section className="card stack">
      <h3>{x("ex.would_have")}</h3>
      <ul className="reading">
        {contacts.map((one) => <li key={one.key}>{one.name} · {one.channels.map(channel).join(", ")}</li>)}
        {people > 0 && <li>{x("ex.would_have_people", { count: people })}</li>}
      </ul>
    </section>
  );
}

/** The catalogue's words for what is measured. */
function useMetrics() {
  const services = useServices();
  const catalogue = useValue(services.catalogue);
  useEffect(() => {
    if (!catalogue) void services.fetchCatalogue();
  }, [services, catalogue]);
  return catalogue?.metrics ?? {};
}
