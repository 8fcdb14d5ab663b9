// Who can be reached at this moment, role by role, with the gaps named.
import type { OfficeNow } from "../core/session-contract";
import { useTexts } from "../i18n/use-texts";
import { useRoleName } from "../safety/words";
import { Shape } from "../ui/shapes";

export function Reachable({ now }: { now: OfficeNow }) {
  const { t, clock } = useTexts();
  const roleName = useRoleName();
  const withRole = (role: string) => now.reachable.filter((person) => person.roles.includes(role)).map((person) => person.name);
  return (
    <section className="card stack">
      <div className="row apart">
        <h2>{t("desk.reach")}</h2>
        <span className="soft number">{t("desk.as_of", { time: clock(now.at, true) })}</span>
      </div>
      <p className="reach-sum"><strong>{now.reachable.length}</strong> <span>{t("desk.present", { count: now.present })} · {t("desk.on_duty", { count: now.on_duty })}</span></p>
      <ul className="reach-roles">
        {now.roles.map(({ role, reachable }) => (
          <li key={role} className={reachable === 0 ? "none" : ""}>
            <Shape name={reachable === 0 ? "dashed" : "disc"} size={18} />
            <strong>{roleName(role)}</strong>
            <span>{reachable === 0 ? t("desk.reach_nobody") : withRole(role).join(", ") || reachable}</span>
          </li>
        ))}
      </ul>
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
