// The whole chain before one leaves, in one list: fine, unsure or wrong, with what it was found by. Unknown is never fine.
import { useEffect, useState } from "react";
import type { Preflight as Found, VisitView } from "../core/visit-contract";
import { isText } from "../i18n/texts";
import { useTexts } from "../i18n/use-texts";
import { get } from "../io/api";
import { Shape, type ShapeName } from "../ui/shapes";

const shapes: Record<Found["word"], ShapeName> = { fine: "tick", unsure: "question", wrong: "cross" };
const look_every_ms = 20_000;

export function Preflight({ visit }: { visit: VisitView }) {
  const { t } = useTexts();
  const [found, setFound] = useState<Found | null>(null);
  const [failed, setFailed] = useState(false);
  const [position, setPosition] = useState<Found["word"]>("unsure");

  useEffect(() => {
    let here = true;
    const look = async () => {
      const answer = await get<Found>(`/api/visits/${encodeURIComponent(visit.id)}/preflight`);
      if (!here) return;
      setFailed(!answer.ok);
      if (answer.ok && answer.body) setFound(answer.body);
    };
    void look();
    const timer = setInterval(() => void look(), look_every_ms);
    return () => {
      here = false;
      clearInterval(timer);
    };
  }, [visit.id, visit.version]);

  useEffect(() => {
    void navigator.permissions?.query({ name: "geolocation" }).then((one) => setPosition(one.state === "granted" ? "fine" : one.state === "denied" ? "wrong" : "unsure")).catch(() => undefined);
  }, []);

  const links = failed ? [] : [...(found?.links ?? []), ...(found ? [{ name: "position", word: position, detail: {} }] : [])];
  return (
    <section className="card">
      <h2>{t("visit.preflight")}</h2>
      {failed && <p className="notice dashed">{t("visit.preflight_unknown")}</p>}
      {!failed && !found && <p className="soft">{t("app.loading")}</p>}
      <ul className="links">
        {links.map((link) => (
          <li key={link.name} className={link.word}>
            <Shape name={shapes[link.word]} size={22} />
            <span><strong>{t(`visit.link_${link.word}`)}</strong> · <Told name={link.name} word={link.word} detail={link.detail} /></span>
          </li>
        ))}
      </ul>
      {position === "unsure" && found && (
        <button type="button" className="button wide" onClick={() => navigator.geolocation?.getCurrentPosition(() => setPosition("fine"), () => setPosition("wrong"))}>{t("visit.allow_position")}</button>
      )}
    </section>
  );
}

function Told({ name, word, detail }: { name: string; word: Found["word"]; detail: Record<string, unknown> }) {
  const { t, clock } = useTexts();
  const text = (key: string): string | null => (typeof detail[key] === "string" ? (detail[key] as string) : null);
  const number = (key: string): number => (typeof detail[key] === "number" ? (detail[key] as number) : 0);
  const values = {
    name: text("name") ?? "", percent: number("percent"), here: number("here"), neighbours: number("neighbours"),
    time: clock(text("heard_at") ?? text("tested_at") ?? text("shown_at")),
  };
  const reason = text("reason");
  const key = [`visit.link_${name}_${reason}`, `visit.link_${name}_${word}`, `visit.link_${name}`].find(isText);
  return <>{key && isText(key) ? t(key, values) : name}</>;
}
