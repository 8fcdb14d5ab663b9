// The lead's page: can a press find help now, by whom and by what, when was that last proven, what is missing, and how has it been.
import { useEffect, useState } from "react";
import { leadsBy, officesWhere } from "../core/session-contract";
import { useTexts } from "../i18n/use-texts";
import { useServices, useSession } from "../io/hooks";
import { Page } from "../ui/Page";
import { Shape } from "../ui/shapes";
import { Chain } from "./Chain";
import { History } from "./History";
import { PeopleReady } from "./PeopleReady";
import { ReadyNow } from "./ReadyNow";
import { useRead, type OfficeReady } from "./use-readiness";
import "./readiness.css";

export default function ReadinessScreen({ sos }: { sos: React.ReactNode }) {
  const { t, clock } = useTexts();
  const services = useServices();
  const offices = officesWhere(useSession(), leadsBy);
  const [chosen, choose] = useState(offices[0]?.id ?? "");
  useEffect(() => void (chosen && services.fetchNow(chosen)), [chosen, services]);
  const { value: ready, failed, again } = useRead<OfficeReady>(chosen ? `/api/offices/${chosen}/readiness` : null, chosen);
  return (
    <Page>
      <div className="stack ready-page">
        <div className="row apart">
          <h1>{t("ready.title")}</h1>
          {ready && <span className={failed ? "notice dashed" : "soft number"}>{t(failed ? "ready.stale" : "ready.as_of", { time: clock(ready.at, true) })}</span>}
        </div>
        {offices.length > 1 && (
          <div className="row">
            {offices.map((office) => (
              <button key={office.id} type="button" className="button" aria-pressed={office.id === chosen} onClick={() => choose(office.id)}>{office.name}</button>
            ))}
          </div>
        )}
        {offices.length === 0 && <p className="notice">{t("ready.not_leading")}</p>}
        {failed && !ready && <p className="notice dashed" role="alert"><span><Shape name="question" /> {t("ready.not_read")}</span></p>}
        {ready && (
          <>
            <ReadyNow ready={ready} />
            <Chain ready={ready} again={again} />
            <PeopleReady ready={ready} />
            <History office_id={ready.office_id} />
          </>
        )}
      </div>
      {sos}
    </Page>
  );
}
