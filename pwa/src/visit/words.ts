// The words of a visit: its kind, its level and what it is waiting for, in the language of the screen.
import type { Assessment, VisitView } from "../core/visit-contract";
import { useTexts } from "../i18n/use-texts";
import { useServices, useValue } from "../io/hooks";

export function useVisitWords(visit: VisitView) {
  const { t, say } = useTexts();
  const checklist = useValue(useServices().checklist);
  const names = visit.people.map((one) => one.name).join(", ");
  return {
    names,
    kind: say(checklist?.types.find((one) => one.id === visit.type)?.names) || visit.type,
    level: visit.risk ? say(checklist?.levels.find((one) => one.id === visit.risk)?.names) : "",
    state: t(`visit.state_${visit.state}`),
    watched: visit.contact ? t(visit.contact_accepted ? "visit.watched_by" : "visit.asked_to_watch", { name: visit.contact.name }) : t("visit.watched_by_leaders"),
    measure: (id: string) => say(checklist?.measures[id]) || id,
  };
}

/** The level that answers come to, with what it asks for. */
export function useVisitLevel(found: Assessment | null): { name: string; measures: string[] } {
  const { say } = useTexts();
  const checklist = useValue(useServices().checklist);
  const level = checklist?.levels.find((one) => one.id === found?.risk);
  return { name: say(level?.names) || (found?.risk ?? ""), measures: (found?.measures ?? []).map((one) => say(checklist?.measures[one]) || one) };
}
