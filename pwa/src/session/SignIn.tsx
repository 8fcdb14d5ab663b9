// The way in: a card for each made-up person in a demo, else the code of an invitation.
import { useEffect, useState } from "react";
import { Button } from "@navikt/ds-react/Button";
import { TextField } from "@navikt/ds-react/TextField";
import type { DemoPerson } from "../core/session-contract";
import { useTexts } from "../i18n/use-texts";
import { get, post } from "../io/api";
import { useServices } from "../io/hooks";
import { Settings } from "../ui/Settings";
import { Shape, type ShapeName } from "../ui/shapes";
import "../ui/aksel.css";
import "./sign-in.css";

const surfaces: Record<DemoPerson["surface"], ShapeName> = { phone: "phone", desk: "square", wallboard: "people" };

export default function SignIn() {
  const { t } = useTexts();
  const services = useServices();
  const [people, setPeople] = useState<DemoPerson[] | null>(null);
  useEffect(() => {
    void get<{ people: DemoPerson[] }>("/api/demo/people").then((answer) => setPeople(answer.ok ? (answer.body?.people ?? []) : []));
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
        {people === null && <p>{t("app.loading")}</p>}
        {people !== null && people.length > 0 && <DemoPeople people={people} onDone={() => void services.refreshSession()} />}
        {people !== null && people.length === 0 && <Code onDone={() => void services.refreshSession()} />}
      </main>
    </div>
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
      <p><a href="/utboks">{t("outbox.open")}</a> <span className="soft">{t("outbox.open_text")}</span></p>
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

function Code({ onDone }: { onDone: () => void }) {
  const { t } = useTexts();
  const [code, setCode] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const send = async () => {
    setBusy(true);
    const answer = await post("/api/session", { code: code.trim().toUpperCase() });
    setBusy(false);
    if (answer.ok) return onDone();
    setError(answer.status === 0 || answer.status >= 500 ? t("session.no_server") : t("session.bad_code"));
  };
  return (
    <form className="card stack" onSubmit={(event) => { event.preventDefault(); void send(); }}>
      <TextField
        label={t("session.code")} description={t("session.code_help")} error={error} value={code} maxLength={16}
        autoComplete="one-time-code" autoCapitalize="characters" spellCheck={false} onChange={(event) => setCode(event.target.value)}
      />
      <Button type="submit" loading={busy}>{t("session.enter")}</Button>
    </form>
  );
}
