// Who can be reached at this moment, by what, role by role, with the gaps named first.
import { Link } from "wouter";
import { mayLead, type OfficeNow, type RoleGap } from "../core/session-contract";
import { isText } from "../i18n/texts";
import { useTexts } from "../i18n/use-texts";
import { useSession } from "../io/hooks";
import { useRoleName } from "../safety/words";
import { Shape } from "../ui/shapes";

export function Reachable({ now }: { now: OfficeNow }) {
  const { t, clock } = useTexts();
  const leads = mayLead(useSession());
  return (
    <section className="card stack">
      <div className="row apart">
        <h2>{t("desk.reach")}</h2>
        <span className="soft number">{t("desk.as_of", { time: clock(now.at, true) })}</span>
        {leads && <Link className="button" href="/klar">{t("ready.more")}</Link>}
      </div>
      <p className="reach-sum">
        <strong>{now.readiness?.reached ?? "?"}</strong>
        <span><Channels now={now} />{t("desk.present", { count: now.present })} · {t("desk.on_duty", { count: now.on_duty })}</span>
      </p>
      <Roles now={now} />
      <Unproven now={now} />
      {now.contacts.length > 0 && (
        <div>
          <h3>{t("desk.phone_numbers")}</h3>
          <ul className="contacts">
            {[...(now.phone ? [{ name: now.name, phone: now.phone }] : []), ...now.contacts].map((contact) => (
              <li key={contact.phone}><span>{contact.name}</span> <a className="number" href={`tel:${contact.phone.replaceAll(" ", "")}`}>{contact.phone}</a></li>
            ))}
          </ul>
        </div>
      )}
    </section>
  );
}

/** How many each channel reaches; of an unproven one it says so. */
function Channels({ now }: { now: OfficeNow }) {
  const { t } = useTexts();
  const words = (now.readiness?.channels ?? []).map(({ channel, people, sure }) => {
    const key = `desk.by_${channel}`;
    const name = isText(key) ? t(key as "desk.by_screen") : channel;
    return sure < people ? t("desk.by_unproven", { channel: name, people, sure }) : `${name} ${people}`;
  });
  return words.length > 0 && <span className="reach-by">{words.join(" · ")}</span>;
}

/** Of whom nothing proves that they can be reached: said once, below the roles, rather than after every name. */
function Unproven({ now }: { now: OfficeNow }) {
  const { t } = useTexts();
  const names = now.reachable.filter((person) => !person.sure).map((person) => person.name);
  if (names.length === 0) return null;
  const all = names.length === now.reachable.length;
  return <p className="reach-unproven"><Shape name="question" size={20} /> <span>{all ? t("desk.unproven_all") : t("desk.unproven", { names: names.join(", ") })}</span></p>;
}

function Roles({ now }: { now: OfficeNow }) {
  const { t } = useTexts();
  const gaps = now.readiness?.gaps ?? [];
  const rest = now.roles.filter(({ role }) => !gaps.some((gap) => gap.role === role));
  return (
    <ul className="reach-roles">
      {gaps.map((gap) => <Role key={gap.role} role={gap.role} gap={gap} now={now} />)}
      {rest.map(({ role }) => <Role key={role} role={role} now={now} />)}
      {gaps.length + rest.length === 0 && <li className="none"><Shape name="dashed" size={18} /><strong>{t("desk.reach_nobody")}</strong></li>}
    </ul>
  );
}

function Role({ role, gap, now }: { role: string; gap?: RoleGap; now: OfficeNow }) {
  const { t } = useTexts();
  const roleName = useRoleName();
  const people = now.reachable.filter((person) => person.roles.includes(role));
  const names = people.map((person) => person.name).join(", ");
  // That it has not been proven is said once, below; here by the shape alone.
  const unsure = now.readiness === null || (gap !== undefined && now.readiness.state === "unsure");
  const lacking = gap && !unsure && t("desk.gap", { count: gap.need - gap.have });
  const state = unsure ? "unsure" : gap ? "gap" : people.length === 0 ? "none" : "";
  return (
    <li className={state}>
      <Shape name={unsure ? "question" : gap ? "triangle" : people.length === 0 ? "dashed" : "disc"} size={18} />
      <strong>{roleName(role)}</strong>
      <span>{lacking && <em>{lacking}</em>} {names || (gap ? "" : t("desk.reach_nobody"))}</span>
    </li>
  );
}
