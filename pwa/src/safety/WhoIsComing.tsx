// Roles first, with who fills them and which stand empty; then those who do not even have the alarm.
import { can } from "../core/alarm-rules";
import type { AlarmPerson, AlarmView, Stage } from "../core/contract";
import { useTexts } from "../i18n/use-texts";
import type { AlarmActions } from "../io/hooks";
import { Shape, type ShapeName } from "../ui/shapes";
import { Refusal, TapButton } from "./TapButton";
import { useRoleName } from "./words";

const shapes: Record<Stage, ShapeName> = {
  asked: "dashed", coming: "tick", there: "disc", taken: "tick", sheltered: "shield", cannot: "cross", lapsed: "question",
};
const fills: readonly Stage[] = ["coming", "there", "taken"];

export function WhoIsComing({ alarm, actions }: { alarm: AlarmView; actions: AlarmActions }) {
  const { t } = useTexts();
  const roleName = useRoleName();
  const covered = new Set(alarm.cover.map((one) => one.role));
  const others = alarm.people.filter((person) => !person.role || !covered.has(person.role) || !fills.includes(person.stage));
  const extraRoles = alarm.me.open_roles.filter((role) => !covered.has(role));
  return (
    <section className="who" aria-label={t("coming.title")}>
      <h2>{t("coming.title")}</h2>
      <Counts alarm={alarm} />
      <ul className="slots">
        {alarm.cover.map((one) => (
          <li key={one.role} className="slot">
            <h3>{roleName(one.role)}</h3>
            <ul>
              {alarm.people.filter((person) => person.role === one.role && fills.includes(person.stage)).map((person) => (
                <Person key={person.person_id} person={person} />
              ))}
              {Array.from({ length: Math.max(0, one.need - one.have) }, (_, index) => (
                <li key={index} className="person empty"><Shape name="dashed" /> <strong>{t("coming.empty")}</strong></li>
              ))}
            </ul>
            {one.have < one.need && <TakeRole alarm={alarm} actions={actions} role={one.role} />}
          </li>
        ))}
        {extraRoles.map((role) => (
          <li key={role} className="slot">
            <h3>{roleName(role)}</h3>
            <p className="person empty"><Shape name="dashed" /> <strong>{t("coming.empty")}</strong></p>
            <TakeRole alarm={alarm} actions={actions} role={role} />
          </li>
        ))}
      </ul>
      <Refusal actions={actions} of={["swap_role"]} />
      {others.length > 0 && (
        <ul className="others">{others.map((person) => <Person key={person.person_id} person={person} />)}</ul>
      )}
      <NotReached alarm={alarm} />
    </section>
  );
}

function Person({ person }: { person: AlarmPerson }) {
  const { t, clock } = useTexts();
  return (
    <li className={`person ${person.stage}`}>
      <Shape name={shapes[person.stage]} />
      <span><strong>{person.name}</strong> – {t(`stage.${person.stage}`)}{person.eta_at && `, ${t("coming.eta", { time: clock(person.eta_at) })}`}</span>
    </li>
  );
}

function TakeRole({ alarm, actions, role }: { alarm: AlarmView; actions: AlarmActions; role: string }) {
  const { t } = useTexts();
  if (!can(alarm, "swap_role") || !alarm.me.open_roles.includes(role)) return null;
  return <TapButton actions={actions} action="swap_role" more={{ role }}>{t("card.take_role")}</TapButton>;
}

function Counts({ alarm }: { alarm: AlarmView }) {
  const { t } = useTexts();
  const count = (stage: Stage) => alarm.people.filter((person) => person.stage === stage).length;
  const said = [
    count("coming") > 0 && t("coming.count_coming", { count: count("coming") }),
    count("taken") > 0 && t("coming.count_taken", { count: count("taken") }),
    count("there") > 0 && t("coming.count_there", { count: count("there") }),
    count("sheltered") > 0 && t("coming.count_sheltered", { count: count("sheltered") }),
    count("cannot") > 0 && t("coming.count_cannot", { count: count("cannot") }),
  ].filter(Boolean);
  return <p className="counts" role="status">{said.length > 0 ? said.join(" · ") : t("coming.nobody")}</p>;
}

function NotReached({ alarm }: { alarm: AlarmView }) {
  const { t } = useTexts();
  const missing = Math.max(0, alarm.told.count - alarm.told.reached);
  if (missing === 0) return alarm.told.count > 0 ? <p className="soft">{t("alarm.told_line", { ...alarm.told })}</p> : null;
  const names = alarm.told.people.filter((person) => person.status === "told" || person.status === "failed").map((person) => person.name);
  return (
    <p className="not-reached">
      <Shape name="question" /> {names.length > 0 ? t("coming.not_reached_names", { names: names.join(", ") }) : t("coming.not_reached", { count: missing })}
    </p>
  );
}
