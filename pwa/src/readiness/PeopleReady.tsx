// Those on duty of whom it is not proven that they can be reached, with what is lacking; then the others, by what and since when.
import { isText } from "../i18n/texts";
import { useTexts } from "../i18n/use-texts";
import { Shape } from "../ui/shapes";
import { useDays } from "./ReadyNow";
import type { OfficeReady, PersonReady } from "./use-readiness";

/** What is lacking, the worst first; the rest lacks nothing, but nothing has come back from it lately. */
const kinds = ["everything", "push_gone", "push_never", "number", "nothing"] as const;

export function PeopleReady({ ready }: { ready: OfficeReady }) {
  const { t } = useTexts();
  const unsure = ready.people.filter((one) => !one.sure);
  const sure = ready.people.filter((one) => one.sure);
  const kindOf = (person: PersonReady) => kinds.find((kind) => kind !== "nothing" && person.lacks.includes(kind)) ?? "nothing";
  return (
    <section className="card stack" aria-labelledby="people-ready">
      <h2 id="people-ready">{t("ready.people_title")}</h2>
      {unsure.length === 0 && sure.length > 0 && <p><Shape name="tick" /> {t("ready.all_proven")}</p>}
      {ready.people.length === 0 && <p>{t("ready.nobody_on_duty")}</p>}
      <ul className="ready-people">
        {kinds.map((kind) => <Lacking key={kind} kind={kind} people={unsure.filter((one) => kindOf(one) === kind)} />)}
      </ul>
      {sure.length > 0 && (
        <details>
          <summary>{t("ready.proven_people", { count: sure.length })}</summary>
          <ul className="ready-people">{sure.map((one) => <Proven key={one.person_id} person={one} />)}</ul>
        </details>
      )}
      {!ready.sms_test && ready.channels.some((one) => one.channel === "sms") && <p className="soft">{t("ready.sms_not_tested")}</p>}
    </section>
  );
}

function Lacking({ kind, people }: { kind: (typeof kinds)[number]; people: PersonReady[] }) {
  const { t } = useTexts();
  if (people.length === 0) return null;
  return (
    <li className={kind === "everything" ? "none" : "unsure"}>
      <Shape name={kind === "everything" ? "cross" : "question"} size={18} />
      <div>
        <strong>{t(`ready.lacks_${kind}`, { count: people.length })}</strong>
        <p>{people.map((one) => one.name).join(", ")}</p>
      </div>
    </li>
  );
}

function Proven({ person }: { person: PersonReady }) {
  const { t } = useTexts();
  const { day } = useDays();
  const ways = person.ways.map(({ channel, proven_at }) => {
    const key = `desk.by_${channel}`;
    const name = isText(key) ? t(key as "desk.by_screen") : channel;
    if (channel === "screen") return name;
    return proven_at ? t("ready.way_proven", { channel: name, day: day(proven_at) }) : t("ready.way_unproven", { channel: name });
  });
  return (
    <li className="sure">
      <Shape name="disc" size={18} />
      <div><strong>{person.name}</strong><p className="soft">{ways.join(" · ")}</p></div>
    </li>
  );
}
