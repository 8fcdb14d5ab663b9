// The desk: the light first, the button beside it, then who can be reached and whether the buttons live.
import { useEffect } from "react";
import { useTexts } from "../i18n/use-texts";
import { useServices } from "../io/hooks";
import { every } from "../io/steady";
import { AfterAlarms } from "../safety/Afterwards";
import { Silence } from "../safety/Silence";
import { StatusLight } from "../safety/StatusLight";
import { Switcher } from "../safety/Switcher";
import { ClockWarning } from "../ui/ConnectionLine";
import { Page } from "../ui/Page";
import { DeskButton } from "./DeskButton";
import { Devices } from "./Devices";
import { Reachable } from "./Reachable";
import { ThisMachine } from "./ThisMachine";
import { TryChain } from "./TryChain";
import { useDesk } from "./use-desk";
import "../ui/aksel.css";
import "./desk.css";

/** The server says when something changed; this is the second net. */
const fetch_every_ms = 60_000;

export default function DeskScreen() {
  const { t, clock } = useTexts();
  const services = useServices();
  const { choices, chosen, choose, now, shown, discreet, light, session } = useDesk();
  const untried = "whys" in light && light.whys.some((why) => why.about === "unproven" && why.link === "chain");

  useEffect(() => {
    if (!chosen) return;
    void services.fetchNow(chosen);
    return every(fetch_every_ms, () => void services.fetchNow(chosen));
  }, [chosen, services]);

  return (
    <Page broad>
      <div className="desk">
        <div className="desk-title row apart">
          <h1>{now?.name ?? choices.find((office) => office.id === chosen)?.name ?? t("desk.title")}</h1>
          {discreet.map((alarm) => <span key={alarm.id} className="soft number">{t(alarm.drill ? "desk.discreet_drill" : "desk.discreet", { time: clock(alarm.opened_at) })}</span>)}
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
          <ClockWarning />
          {shown.length > 0 && <Switcher alarms={shown} />}
          {session.surface === "desk" && <Silence />}
          <DeskButton office_id={chosen} />
          {untried && now?.may_arm?.includes("test") && <TryChain key={chosen} office_id={chosen} />}
          <AfterAlarms />
          <ThisMachine />
        </div>
        <div className="desk-second stack">
          {now && <Reachable now={now} />}
          {now && <Devices now={now} />}
        </div>
      </div>
    </Page>
  );
}
