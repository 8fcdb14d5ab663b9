// One alarm by its address: what the phone knows at once, asked for anew, and the all-clear until it is read.
import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import { isOpen, mustBeDiscreet, placeOf } from "../core/alarm-rules";
import { useTexts } from "../i18n/use-texts";
import { useAlarms, useServices, useSession } from "../io/hooks";
import { AlarmScreen } from "../safety/AlarmScreen";
import { SosDock } from "../safety/SosDock";
import { Switcher } from "../safety/Switcher";
import { Page } from "../ui/Page";
import { NotFound } from "./ResponderHome";

export function AlarmRoute({ id, sos }: { id: string; sos: React.ReactNode }) {
  const { t } = useTexts();
  const services = useServices();
  const session = useSession();
  const { all, open } = useAlarms();
  const [, go] = useLocation();
  const [asked, setAsked] = useState<string | null>(null);
  const alarm = all[id];
  useEffect(() => {
    void services.fetchAlarm(id).finally(() => setAsked(id));
  }, [id, services]);
  const discreet = alarm !== undefined && mustBeDiscreet(alarm, placeOf(session));
  useEffect(() => {
    if (discreet) go("/", { replace: true });
  }, [discreet, go]);
  const became = alarm?.outcome?.alarm_id ?? null;
  useEffect(() => {
    // A drill that has become real is nothing to read on: the real alarm takes the screen.
    if (became) go(`/i/${became}`, { replace: true });
  }, [became, go]);
  const ownSos = sos && <SosDock>{sos}</SosDock>;
  if (!alarm) return <>{asked === id ? <NotFound /> : <Page><p>{t("app.loading")}</p></Page>}{ownSos}</>;
  if (discreet) return null;
  const switcher = <Switcher alarms={open} current={id} />;
  // Where the alarm is open its answer bar has the button.
  return (
    <div className={isOpen(alarm) ? undefined : "after-alarm"}>
      <AlarmScreen key={id} alarm={alarm} switcher={switcher} sos={sos} onDone={() => go("/")} />
      {!isOpen(alarm) && ownSos}
    </div>
  );
}
