// What several of the drill's screens share: names of offices, roles and channels, and why a tap was refused.
import type { DrillView } from "../core/drill-contract";
import { useServices, useValue } from "../io/hooks";
import { isDrillText, refusalText, useDrillTexts } from "./texts";
import type { DrillActions } from "./use-drills";

export function Refused({ actions, of }: { actions: DrillActions; of: string[] }) {
  const { x } = useDrillTexts();
  if (!actions.refused || !of.includes(actions.refused.action)) return null;
  return <p className="notice amber" role="alert">{refusalText(x, actions.refused.reason)}</p>;
}

/** One of the offices' safety representatives; a free name only where Varde knows of none. */
export function WhoWasAsked({ drill, who, choose }: { drill: DrillView; who: string; choose: (who: string) => void }) {
  const { x } = useDrillTexts();
  const known = drill.representatives;
  return (
    <label className="field">
      <span>{x("ex.consult_name")}</span>
      {known.length === 0 ? <input value={who} maxLength={120} onChange={(event) => choose(event.target.value)} /> : (
        <select value={who} onChange={(event) => choose(event.target.value)}>
          <option value="">{x("ex.choose")}</option>
          {known.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
        </select>
      )}
    </label>
  );
}

export function useOfficeNames(): Record<string, string> {
  const services = useServices();
  const { session } = useValue(services.session);
  const known = useValue(services.offices);
  return Object.fromEntries([...Object.values(known).map((one) => [one.office_id, one.name]), ...(session?.offices ?? []).map((one) => [one.id, one.name])]) as Record<string, string>;
}

/** A role of the cards, or one that only exercises have, by name. */
export function useRoleNames(): (id: string) => string {
  const { x, say } = useDrillTexts();
  const content = useValue(useServices().content);
  return (id) => {
    const own = `ex.role_${id}`;
    return say(content?.roles[id]?.name) || (isDrillText(own) ? x(own) : id.replaceAll("_", " "));
  };
}

export function useMarkNames(): (id: string) => string {
  const { say } = useDrillTexts();
  const content = useValue(useServices().content);
  return (id) => say(content?.marks[id]?.text) || id.replaceAll("_", " ");
}

export function useChannelName(): (name: string) => string {
  const { x } = useDrillTexts();
  return (name) => {
    const key = `ex.channel_${name}`;
    return isDrillText(key) ? x(key) : name;
  };
}
