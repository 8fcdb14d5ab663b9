// The drill's time line: alarms and messages by their time, what has been given, and what is given by hand.
import type { DrillView } from "../core/drill-contract";
import { clock_s, lineTime } from "../core/drill-rules";
import { useNow_ms } from "../io/hooks";
import { Shape } from "../ui/shapes";
import { Refused, useOfficeNames, useRoleNames } from "./parts";
import { isDrillText, useDrillTexts } from "./texts";
import type { DrillActions } from "./use-drills";

export function TimeLine({ drill, actions }: { drill: DrillView; actions: DrillActions }) {
  const { x, say, clock } = useDrillTexts();
  const roleName = useRoleNames();
  const seconds = clock_s(drill, useNow_ms());
  const kind = (name: string) => (isDrillText(`ex.kind_${name}`) ? x(`ex.kind_${name}` as never) : name);
  const officeNames = useOfficeNames();
  const place = (one: DrillView["presses"][number]) => [drill.offices.length > 1 ? (officeNames[one.office_id] ?? one.office_id) : null, one.device ?? one.zone].filter(Boolean).join(", ");
  const items = [
    ...drill.presses.map((one) => ({ ...one, what: [`${x("ex.press")}: ${kind(one.kind)}`, place(one)].filter(Boolean).join(" – "), alarm: true })),
    ...drill.injects.map((one) => ({ ...one, what: `${roleName(one.to)}: ${say(one.text)}`, alarm: false })),
  ].sort((one, other) => (one.at_s ?? Number.MAX_SAFE_INTEGER) - (other.at_s ?? Number.MAX_SAFE_INTEGER));
  const mayGive = drill.can.includes("give");
  if (items.length === 0) return null;
  return (
    <section className="card stack">
      <h2>{x("ex.line")}</h2>
      <ol className="drill-line">
        {items.map((one) => (
          <li key={one.id} className={one.given ? "given" : ""}>
            <span className="drill-line-at number">{one.at_s === null ? x("ex.by_hand") : lineTime(one.at_s)}</span>
            <span className="drill-line-what">{one.alarm && <Shape name="square" size={14} />} {one.what}</span>
            {one.given && <span className="soft number"><Shape name="tick" size={16} /> {x("ex.given_at", { time: clock(one.given.at, true) })}</span>}
            {!one.given && mayGive && seconds !== null && seconds >= 0 && (
              <button type="button" className="button" aria-disabled={actions.busy !== null} onClick={() => void actions.act("give", { item_id: one.id })}>{x("ex.give")}</button>
            )}
          </li>
        ))}
      </ol>
      <Refused actions={actions} of={["give"]} />
    </section>
  );
}
