// The desk: the light first, the button beside it, then who can be reached and whether the buttons live.
import { useEffect, useState } from "react";
import { mayBeIn, mustBeDiscreet } from "../core/alarm-rules";
import { lightOf } from "../core/light";
import { useTexts } from "../i18n/use-texts";
import { useAlarms, useServices, useSession, useTick_ms, useValue } from "../io/hooks";
import { StatusLight } from "../safety/StatusLight";
import { Switcher } from "../safety/Switcher";
import { Page } from "../ui/Page";
import { DeskButton } from "./DeskButton";
import { Devices } from "./Devices";
import { Reachable } from "./Reachable";
import "../ui/aksel.css";
import "./desk.css";

/** The server says when something changed; this is the second net. */
const fetch_every_ms = 60_000;

export default function DeskScreen() {
  const { t, clock } = useTexts();
  const services = useServices();
  const session = useSession();
  const { open } = useAlarms();
  const offices = session.offices.filter((office) => office.access.some((one) => one !== "worker" && one !== "responder"));
  const choices = offices.length > 0 ? offices : session.offices;
  const [chosen, choose] = useState(choices[0]?.id ?? "");
  const now = useValue(services.offices)[chosen] ?? null;
  const line = useValue(services.line);
  const tick_ms = useTick_ms();
  const alarms = open.filter((alarm) => mayBeIn(alarm, chosen));
  const discreet = alarms.filter((alarm) => mustBeDiscreet(alarm, session.surface));
  const shown = alarms.filter((alarm) => !discreet.includes(alarm));
  const light = lightOf({ heard_ms: line.heard_ms, now_ms: tick_ms, now, alarms, surface: session.surface });

  useEffect(() => {
    if (!chosen) return;
    void services.fetchNow(chosen);
    const timer = setInterval(() => void services.fetchNow(chosen), fetch_every_ms);
    return () => clearInterval(timer);
  }, [chosen, services]);

  return (
    <Page broad>
      <div className="desk">
        <div className="desk-title row apart">
          <h1>{now?.name ?? choices.find((office) => office.id === chosen)?.name ?? t("desk.title")}</h1>
          {discreet.map((alarm) => <span key={alarm.id} className="soft number">{t("desk.discreet", { time: clock(alarm.opened_at) })}</span>)}
          {choices.length > 1 && (
            <div className="row">
              {choices.map((office) => (
                <button key={office.id} type="button" className="button" aria-pressed={office.id === chosen} onClick={() => choose(office.id)}>{office.name}</button>
              ))}
            </div>
          )}
        </div>
        <div className="desk-first stack">
          <StatusLight light={light} />
          {shown.length > 0 && <Switcher alarms={shown} />}
          {session.surface !== "wallboard" && <DeskButton office_id={chosen} zone_id={session.zone_id} />}
        </div>
        <div className="desk-second stack">
          {now && <Reachable now={now} />}
          {now && <Devices now={now} mayArm={session.surface !== "wallboard"} />}
        </div>
      </div>
    </Page>
  );
}
