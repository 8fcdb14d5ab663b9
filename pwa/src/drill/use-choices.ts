// Whom and what a drill can be planned with: colleagues of its offices, and their buttons.
import { useEffect, useState } from "react";
import type { Choices } from "../core/visit-contract";
import type { OfficeNow } from "../core/session-contract";
import { get } from "../io/api";
import { useSession } from "../io/hooks";

export interface Colleague {
  id: string;
  name: string;
}

export function useColleagues(offices: readonly string[]): Colleague[] {
  const { person } = useSession();
  const [people, setPeople] = useState<Colleague[]>([]);
  const key = [...offices].sort().join(",");
  useEffect(() => {
    let here = true;
    const ids = key === "" ? [] : key.split(",");
    void Promise.all(ids.map((id) => get<Choices>(`/api/visits/choices?office_id=${encodeURIComponent(id)}`))).then((answers) => {
      const found = new Map(answers.flatMap((one) => (one.ok && one.body ? one.body.people : [])).map((one) => [one.id, { id: one.id, name: one.name }]));
      found.set(person.id, { id: person.id, name: person.name });
      if (here) setPeople([...found.values()].sort((one, other) => one.name.localeCompare(other.name, "nb")));
    });
    return () => {
      here = false;
    };
  }, [key, person.id, person.name]);
  return people;
}

/** Buttons by office. */
export function useButtons(offices: readonly string[]): Record<string, { id: string; name: string; zone: string | null }[]> {
  const [found, setFound] = useState<Record<string, { id: string; name: string; zone: string | null }[]>>({});
  const key = [...offices].sort().join(",");
  useEffect(() => {
    let here = true;
    const ids = key === "" ? [] : key.split(",");
    void Promise.all(ids.map((id) => get<OfficeNow>(`/api/offices/${encodeURIComponent(id)}/now`))).then((answers) => {
      if (here) setFound(Object.fromEntries(ids.map((id, n) => [id, (answers[n]?.body?.devices ?? []).filter((one) => one.kind === "button")])));
    });
    return () => {
      here = false;
    };
  }, [key]);
  return found;
}
