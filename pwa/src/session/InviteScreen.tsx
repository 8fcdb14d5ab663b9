// Letting a colleague in: the new phone's camera reads the code from this screen.
import { useCallback, useEffect, useState } from "react";
import { dateText } from "../core/age";
import { leadsBy, officesWhere } from "../core/session-contract";
import { spaced } from "../core/start-rules";
import { get, post } from "../io/api";
import { useSession } from "../io/hooks";
import { Page } from "../ui/Page";
import { Shape } from "../ui/shapes";
import "./start.css";
import { useDoorTexts } from "./texts";

interface Colleague { id: string; name: string; has_phone: boolean }
interface Invitation { code: string; link: string; expires_at: string; qr: string[] }

export default function InviteScreen({ sos }: { sos: React.ReactNode }) {
  const { x } = useDoorTexts();
  const [shown, setShown] = useState<{ colleague: Colleague; invitation: Invitation } | null>(null);
  const led = officesWhere(useSession(), leadsBy);
  return (
    <Page>
      <div className="stack">
        <h1>{x("invite.title")}</h1>
        {shown
          ? <Shown {...shown} onDone={() => setShown(null)} />
          : <><p>{x("invite.text")}</p>{led.map((office) => <Colleagues key={office.id} office={office} onMade={setShown} />)}{led.length === 0 && <p>{x("invite.nobody")}</p>}</>}
      </div>
      {sos}
    </Page>
  );
}

interface ColleaguesProps {
  office: { id: string; name: string };
  onMade: (made: { colleague: Colleague; invitation: Invitation }) => void;
}

function Colleagues({ office, onMade }: ColleaguesProps) {
  const { t, x } = useDoorTexts();
  const [people, setPeople] = useState<Colleague[] | null>(null);
  const [trouble, setTrouble] = useState<"" | "read" | "make">("");
  const read = useCallback(async () => {
    const answer = await get<{ people: Colleague[] }>(`/api/invitations?office_id=${encodeURIComponent(office.id)}`);
    setTrouble(answer.ok ? "" : "read");
    if (answer.body?.people) setPeople(answer.body.people);
  }, [office.id]);
  useEffect(() => void read(), [read]);
  const make = async (colleague: Colleague) => {
    const answer = await post<Invitation>("/api/invitations", { person_id: colleague.id });
    if (answer.ok && answer.body) return onMade({ colleague, invitation: answer.body });
    await read(); // somebody may have come in meanwhile
    setTrouble("make");
  };
  return (
    <section className="stack">
      <h2>{office.name}</h2>
      {trouble !== "" && <p className="notice amber" role="alert">{trouble === "read" ? t("session.no_server") : x("invite.failed")}</p>}
      {people === null && trouble === "" && <p className="soft">{t("app.loading")}</p>}
      {people?.length === 0 && <p className="soft">{x("invite.nobody")}</p>}
      <ul className="card invite-rows">
        {people?.map((one) => (
          <li key={one.id}>
            <p><strong>{one.name}</strong>{one.has_phone && <><br /><span className="soft">{x("invite.has_phone")}</span></>}</p>
            {!one.has_phone && <button type="button" className="button" aria-label={x("invite.show_for", { name: one.name })} onClick={() => void make(one)}>{x("invite.show")}</button>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Shown({ colleague, invitation, onDone }: { colleague: Colleague; invitation: Invitation; onDone: () => void }) {
  const { x, language, clock } = useDoorTexts();
  const { name } = colleague;
  return (
    <section className="card stack invite" aria-labelledby="invited">
      <h2 id="invited">{x("invite.for", { name })}</h2>
      <Qr rows={invitation.qr} label={x("invite.qr", { name })} />
      <p className="start-code">{spaced(invitation.code)}</p>
      <p className="start-tick"><Shape name="lock" size={22} /> {x("invite.only", { name })}</p>
      <p className="soft">{x("invite.until", { day: dateText(invitation.expires_at, language), time: clock(invitation.expires_at) })}</p>
      <button type="button" className="button filled tall wide" onClick={onDone}>{x("invite.done")}</button>
    </section>
  );
}

/** Dark on light in every theme, with the four modules of light around that cameras need. */
function Qr({ rows, label }: { rows: string[]; label: string }) {
  const edge = 4;
  const dark = rows.flatMap((row, y) => [...row].map((one, x) => (one === "1" ? `M${x + edge} ${y + edge}h1v1h-1z` : ""))).join("");
  const size = rows.length + 2 * edge;
  return (
    <svg className="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <rect width={size} height={size} fill="#fff" /><path d={dark} fill="#000" />
    </svg>
  );
}
