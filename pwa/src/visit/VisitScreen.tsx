// One visit: my own, or somebody's whom I watch over.
import { useEffect, useState } from "react";
import type { VisitView } from "../core/visit-contract";
import { useTexts } from "../i18n/use-texts";
import { get } from "../io/api";
import { useServices, useValue } from "../io/hooks";
import { Page } from "../ui/Page";
import { Mine } from "./Mine";
import { Watching } from "./Watching";
import "./visit.css";

export default function VisitScreen({ id, sos }: { id: string; sos: React.ReactNode }) {
  const { t } = useTexts();
  const services = useServices();
  const { visits } = useValue(services.visits);
  const visit = visits.find((one) => one.id === id) ?? null;
  const [missing, setMissing] = useState(false);
  useEffect(() => {
    void get<unknown>(`/api/visits/${encodeURIComponent(id)}`).then((answer) => {
      if (answer.ok) services.tookVisit(answer.body);
      setMissing(answer.status === 404);
    });
  }, [id, services]);
  return (
    <Page>
      {visit ? <One visit={visit} /> : <p>{t(missing ? "visit.not_found" : "app.loading")}</p>}
      {sos}
    </Page>
  );
}

function One({ visit }: { visit: VisitView }) {
  return visit.mine ? <Mine visit={visit} /> : <Watching visit={visit} />;
}
