// The catalogue's exercises whole, for those who copy and edit them.
import { useCallback, useEffect, useState } from "react";
import type { Catalogue } from "../core/drill-contract";
import { officesWhere, plansDrillsBy } from "../core/session-contract";
import type { WholeExercise } from "../core/exercise-draft";
import { get } from "../io/api";
import { useServices, useSession } from "../io/hooks";

export interface WholeCatalogue extends Omit<Catalogue, "exercises"> {
  exercises: WholeExercise[];
}

export function usePlannedOffices() {
  return officesWhere(useSession(), plansDrillsBy);
}

export function useExercises() {
  const services = useServices();
  const [catalogue, setCatalogue] = useState<WholeCatalogue | null>(null);
  const [failed, setFailed] = useState(false);
  const read = useCallback(async () => {
    const answer = await get<WholeCatalogue>("/api/exercises");
    if (answer.ok) setCatalogue(answer.body);
    setFailed(!answer.ok);
    void services.fetchCatalogue(); // those who plan a drill choose among the same
  }, [services]);
  useEffect(() => void read(), [read]);
  return { catalogue, failed, read };
}
