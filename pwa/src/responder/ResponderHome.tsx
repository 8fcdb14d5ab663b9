// The responder's calm screen: no open alarms, am I available, will this phone be heard.
import { useState } from "react";
import { Link } from "wouter";
import { mustBeDiscreet, placeOf } from "../core/alarm-rules";
import type { Duty, OfficeAccess } from "../core/session-contract";
import { useTexts } from "../i18n/use-texts";
import { put } from "../io/api";
import { useAlarms, useConnection, useServices, useSession, useValue } from "../io/hooks";
import { AlarmTab } from "../safety/Switcher";
import { ClockWarning } from "../ui/ConnectionLine";
import { Page } from "../ui/Page";
import { Shape } from "../ui/shapes";
import "../safety/switcher.css";
import { ThisPhone } from "./ThisPhone";
import "./responder.css";

const duties: readonly Duty[] = ["off", "on_duty", "present"];

export interface HomeProps {
  /** What has become of the person's own alarm, if there is one. */
  cry: React.ReactNode;
  /** How people are after alarms that are over. */
  after: React.ReactNode;
  /** For whoever leads an office: whether it is ready. */
  ready: React.ReactNode;
  /** The person's own visits, and those that want something of him. */
  visits: React.ReactNode;
  sos: React.ReactNode;
  /** Where nobody is signed in: how to open what is not shown then. */
  locked: React.ReactNode;
}

export function ResponderHome({ cry, after, ready, visits, sos, locked }: HomeProps) {
  return (
    <Page>
      <div className="stack home">
        {cry}
        <Alarms />
        {after}
        {ready}
        {visits}
        {locked}
        {!locked && <Duties />}
        <ClockWarning />
        {!locked && <ThisPhone />}
      </div>
      {sos}
    </Page>
  );
}

function Alarms() {
  const { t } = useTexts();
  const { clock } = useTexts();
  const place = placeOf(useSession());
  const { open: all } = useAlarms();
  const { connection } = useConnection();
  const unread = useValue(useServices().unread);
  const open = all.filter((alarm) => !mustBeDiscreet(alarm, place));
  if (open.length === 0 && all.length > 0) {
    const others = all.filter((alarm) => !alarm.me.is_presser);
    return <p className="soft">{others.map((alarm) => t(alarm.drill ? "desk.discreet_drill" : "desk.discreet", { time: clock(alarm.opened_at) })).join(" · ")}</p>;
  }
  if (open.length > 0) {
    return (
      <section className="stack">
        <h1>{t("home.open_alarms")}</h1>
        <ul className="stack">{open.map((alarm) => <li key={alarm.id}><AlarmTab alarm={alarm} /></li>)}</ul>
      </section>
    );
  }
  if (connection === "unknown" || unread) {
    return (
      <section className="home-state unknown">
        <Shape name="question" size={40} />
        <div><h1>{t("home.none_known")}</h1><p>{t("home.none_known_text")}</p></div>
      </section>
    );
  }
  return (
    <section className="home-state">
      <Shape name="ring" size={40} />
      <h1>{t("home.none_open")}</h1>
    </section>
  );
}

export function Duties() {
  const session = useSession();
  return session.offices.filter((office) => office.access.some((one) => one !== "desk")).map((office) => <DutyChoice key={office.id} office={office} />);
}

function DutyChoice({ office }: { office: OfficeAccess }) {
  const { t } = useTexts();
  const services = useServices();
  const now = useValue(services.offices)[office.id];
  const [state, setState] = useState<"saved" | "saving" | "failed">("saved");
  const choose = async (duty: Duty) => {
    setState("saving");
    const answer = await put("/api/duty", { office_id: office.id, duty });
    setState(answer.ok ? "saved" : "failed");
    if (answer.ok) services.setDuty(office.id, duty);
  };
  return (
    <section className="card">
      <fieldset aria-busy={state === "saving"}>
        <legend>{t("home.duty")} <span className="soft office-name">{office.name}</span></legend>
        <div className="choices across">
          {duties.map((duty) => (
            <label key={duty} className="choice duty">
              <input type="radio" name={`duty-${office.id}`} checked={office.duty === duty} onChange={() => void choose(duty)} />
              {t(`home.duty_${duty}`)}
            </label>
          ))}
        </div>
      </fieldset>
      <p className="duty-text">{t(`home.duty_${office.duty}_text`)}</p>
      {state === "failed" && <p className="notice amber" role="alert">{t("home.duty_failed")}</p>}
      {now && <p className="soft duty-reach"><Shape name="people" /> {t("home.reachable", { count: now.reachable.length })}</p>}
    </section>
  );
}

export function NotFound() {
  const { t } = useTexts();
  return (
    <Page>
      <div className="stack">
        <h1>{t("alarm.not_found")}</h1>
        <Link className="button filled tall wide" href="/">{t("alarm.minimise")}</Link>
      </div>
    </Page>
  );
}
