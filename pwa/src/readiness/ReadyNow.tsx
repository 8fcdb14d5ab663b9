// How many can be reached now: one word and one number, the gaps first, then each role and each channel.
import { Link } from "wouter";
import { whysOf, type Why } from "../core/light";
import { leadsBy, officesWhere, type Readiness } from "../core/session-contract";
import { isText } from "../i18n/texts";
import { useTexts } from "../i18n/use-texts";
import { useSession } from "../io/hooks";
import { Because } from "../safety/StatusLight";
import { useGapText, useRoleName } from "../safety/words";
import { Shape, type ShapeName } from "../ui/shapes";
import { useRead, type OfficeReady } from "./use-readiness";
import "./readiness.css";

type Word = Readiness["state"] | "not_ready" | "attention";
const shapes: Record<Word, ShapeName> = { ready: "disc", unsure: "question", gaps: "triangle", nobody: "triangle", not_ready: "triangle", attention: "triangle" };

/** On the lead's own first page, with a way to all of it. */
export function ReadySummary() {
  const { t } = useTexts();
  const office = officesWhere(useSession(), leadsBy)[0];
  const { value: ready } = useRead<OfficeReady>(office ? `/api/offices/${office.id}/readiness` : null, office?.id ?? "");
  if (!office) return null;
  return (
    <section className="card stack" aria-labelledby="ready-now">
      {ready ? <Head ready={ready} /> : <><h2 id="ready-now">{t("ready.now")}</h2><p className="soft"><Shape name="dashed" /> {t("ready.reading")}</p></>}
      <Link className="button wide" href="/klar">{t("ready.more")}</Link>
    </section>
  );
}

export function ReadyNow({ ready }: { ready: OfficeReady }) {
  const { t } = useTexts();
  return (
    <section className="card stack" aria-labelledby="ready-now">
      <Head ready={ready} />
      <Roles ready={ready} />
      <h3>{t("ready.channels")}</h3>
      <Channels ready={ready} />
    </section>
  );
}

function Head({ ready }: { ready: OfficeReady }) {
  const { t } = useTexts();
  const gapText = useGapText();
  const { state, reached, sure, gaps } = ready.readiness;
  const whys = whysOf(ready);
  const word = state === "ready" || state === "unsure" ? (whys.map(wordOf)[0] ?? state) : state;
  return (
    <>
      <h2 id="ready-now">{ready.name}</h2>
      <div className={`ready-word ${word}`} role="status">
        <Shape name={shapes[word]} size={40} />
        <div>
          <strong>{t(word === "not_ready" || word === "attention" ? `desk.light_${word}` : `ready.state_${word}`)}</strong>
          <p>{t("ready.reached", { count: reached, sure })}</p>
          {gaps.length > 0 && <p>{t(state === "unsure" ? "desk.why_unsure" : "desk.why_roles", { roles: gaps.map(gapText).join(", ") })}</p>}
          {whys.map((why) => <p key={why.about}><Because why={why} /></p>)}
        </div>
      </div>
    </>
  );
}

/** People who could come are of no use to a press that does not get through. */
function wordOf(why: Why): Word {
  if (why.about === "unproven") return "unsure";
  return why.about === "proof" && why.broken === "screens" ? "attention" : "not_ready";
}

function Roles({ ready }: { ready: OfficeReady }) {
  const { t } = useTexts();
  const roleName = useRoleName();
  const lacking = new Set(ready.readiness.gaps.map((gap) => gap.role));
  if (ready.roles.length === 0) return <p>{t("ready.nobody_on_duty")}</p>;
  return (
    <table className="ready-table">
      <caption className="hidden-text">{t("ready.roles")}</caption>
      <thead><tr><th scope="col">{t("ready.role")}</th><th scope="col">{t("ready.can_be_reached")}</th><th scope="col">{t("ready.proven")}</th></tr></thead>
      <tbody>
        {ready.roles.map((row) => (
          <tr key={row.role} className={lacking.has(row.role) ? "gap" : ""}>
            <th scope="row">{lacking.has(row.role) && <Shape name="triangle" size={16} />} {roleName(row.role)}</th>
            <td className="number">{t("ready.of", { some: row.reachable, all: row.on_duty })}</td>
            <td className="number">{row.sure}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Channels({ ready }: { ready: OfficeReady }) {
  const { t } = useTexts();
  const { day } = useDays();
  return (
    <ul className="ready-channels">
      {ready.channels.map((one) => {
        const key = `desk.by_${one.channel}`;
        return (
          <li key={one.channel}>
            <strong>{isText(key) ? t(key as "desk.by_screen") : one.channel}</strong>
            <span className="number">{t("ready.people", { count: one.people })}</span>
            <span className="soft">{one.channel === "screen" ? t("ready.proves_itself") : one.last_at ? t("ready.last_proven", { day: day(one.last_at), count: one.proven }) : t("ready.never_proven")}</span>
          </li>
        );
      })}
    </ul>
  );
}

/** Days as people say them, in the office's own time. */
export function useDays() {
  const { language } = useTexts();
  const written = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "nb-NO", { day: "numeric", month: "long", timeZone: "Europe/Oslo" });
  return { day: (at: string) => written.format(new Date(at)) };
}
