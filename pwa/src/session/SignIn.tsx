// The way in: a card for each made-up person in a demo, else the code of an invitation.
import { useEffect, useState } from "react";
import { Link, useLocation } from "wouter";
import type { DemoPerson } from "../core/session-contract";
import { useTexts } from "../i18n/use-texts";
import { get, post } from "../io/api";
import { useServices } from "../io/hooks";
import { Settings } from "../ui/Settings";
import { Shape, type ShapeName } from "../ui/shapes";
import Code from "./Code";
import { Danger } from "./DoorFrame";
import { NoAlarmHere } from "./NoAlarmHere";
import { Waiting } from "./Waiting";
import "./sign-in.css";

const surfaces: Record<DemoPerson["surface"], ShapeName> = { phone: "phone", desk: "square", wallboard: "people" };

export default function SignIn() {
  const { t } = useTexts();
  const services = useServices();
  const [people, setPeople] = useState<DemoPerson[] | null>(null);
  const [silent, setSilent] = useState(!navigator.onLine);
  useEffect(() => {
    const ask = () => void get<{ people: DemoPerson[] }>("/api/demo/people").then((answer) => {
      setSilent(answer.status === 0);
      setPeople(answer.ok ? (answer.body?.people ?? []) : []);
    });
    ask();
    addEventListener("online", ask);
    return () => removeEventListener("online", ask);
  }, []);
  return (
    <div className="sign-in">
      <div className="sign-in-settings"><Settings /></div>
      <main className="sign-in-main stack">
        <header className="sign-in-head">
          <img src="/icons/varde.svg" alt="" width="88" height="88" />
          <h1>{t("session.title")}</h1>
          <p>{t("session.lead")}</p>
        </header>
        <Waiting said={silent} />
        {people === null && <p>{t("app.loading")}</p>}
        {people !== null && people.length > 0 && <DemoPeople people={people} onDone={() => services.entering.enter()} />}
        {silent ? <NoAlarmHere /> : <Danger />}
        {people !== null && people.length === 0 && <ByCode />}
      </main>
    </div>
  );
}

/** On an iPhone a code that is used in Safari is lost to the app on the Home Screen: that is said before it is typed. */
function ByCode() {
  const { t } = useTexts();
  const services = useServices();
  const [, go] = useLocation();
  const { platform, installed } = services.phone.here();
  return (
    <>
      {platform === "ios" && !installed && <p className="notice amber sign-in-first">{t("session.first_home")}</p>}
      <p className="sign-in-how"><Link className="button" href="/kom-i-gang">{t("session.how")}</Link></p>
      <Code onDone={() => services.entering.enter().then(() => go("/kom-i-gang"))} />
    </>
  );
}

function DemoPeople({ people, onDone }: { people: DemoPerson[]; onDone: () => void }) {
  const { t, say } = useTexts();
  const [failed, setFailed] = useState(false);
  const enter = async (person_id: string) => {
    const answer = await post("/api/demo/session", { person_id });
    setFailed(!answer.ok);
    if (answer.ok) onDone();
  };
  const offices = [...new Set(people.map((person) => person.office_id))];
  return (
    <section className="stack">
      <div><h2>{t("session.demo_title")}</h2><p className="soft">{t("session.demo_text")}</p></div>
      {failed && <p className="notice amber" role="alert">{t("session.no_server")}</p>}
      <p><a href="/utboks">{t("outbox.open")}</a><br /><span className="soft">{t("outbox.open_text")}</span></p>
      {offices.map((office) => (
        <div key={office} className="demo-office">
          <h3>{people.find((person) => person.office_id === office)?.office_name}</h3>
          <ul className="demo-people">
            {people.filter((person) => person.office_id === office).map((person) => (
              <li key={person.id}>
                <button type="button" className="demo-person" onClick={() => void enter(person.id)}>
                  <strong>{person.name}</strong>
                  <span>{say(person.title)}</span>
                  <span className="demo-surface"><Shape name={surfaces[person.surface] ?? "phone"} size={18} /> {t(`session.surface_${person.surface}`)}</span>
                </button>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}
