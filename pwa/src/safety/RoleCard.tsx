// What I am to do: the first three steps large, then the rest; a tick sets a time stamp and nothing more.
import { can } from "../core/alarm-rules";
import type { AlarmView } from "../core/contract";
import type { CardStep } from "../core/session-contract";
import { useTexts } from "../i18n/use-texts";
import { useServices, useValue, type AlarmActions } from "../io/hooks";
import { ReadAloud } from "./ReadAloud";
import { useRoleName } from "./words";

const first_steps = 3;

export function RoleCard({ alarm, actions }: { alarm: AlarmView; actions: AlarmActions }) {
  const { t, say } = useTexts();
  const roleName = useRoleName();
  const cards = useValue(useServices().cards)[alarm.office_id]?.cards ?? [];
  const role = alarm.me.role ?? alarm.me.offered_role;
  if (!role) return <p className="notice dashed">{t("card.none")}</p>;
  const card = cards.find((one) => one.role === role && one.situation === alarm.situation);
  if (!card) return <section className="role-card"><RoleTitle name={roleName(role)} /><p>{t("card.missing")}</p></section>;
  const first = card.steps.slice(0, first_steps);
  const rest = card.steps.slice(first_steps);
  return (
    <section className="role-card">
      <RoleTitle name={roleName(role)} />
      <ReadAloud alarm={alarm} sentences={[roleName(role), ...card.steps.map((step, index) => `${index + 1}. ${say(step.text)}`)]} />
      <ol className="steps">{first.map((step, index) => <Step key={step.id} step={step} number={index + 1} role={role} alarm={alarm} actions={actions} />)}</ol>
      {rest.length > 0 && <h3 className="steps-then">{t("card.then")}</h3>}
      <ol className="steps rest" start={first_steps + 1}>
        {rest.map((step, index) => <Step key={step.id} step={step} number={first_steps + index + 1} role={role} alarm={alarm} actions={actions} />)}
      </ol>
    </section>
  );
}

function RoleTitle({ name }: { name: string }) {
  const { t } = useTexts();
  return <h2 className="role-title"><span>{t("card.your_role")}</span>{name}</h2>;
}

function Step({ step, number, role, alarm, actions }: { step: CardStep; number: number; role: string; alarm: AlarmView; actions: AlarmActions }) {
  const { t, say } = useTexts();
  const last = actions.last("tick", (body) => body["role"] === role && body["step"] === step.id);
  const onItsWay = last?.state === "waiting";
  const ticked = onItsWay ? last.tap.body["on"] === true : alarm.me.ticks.includes(`${role}/${step.id}`);
  const mayTick = can(alarm, "tick") && alarm.me.role === role;
  return (
    <li className={`step ${ticked ? "ticked" : ""}`}>
      <label>
        <input
          type="checkbox"
          checked={ticked}
          disabled={!mayTick}
          onChange={() => actions.act("tick", { role, step: step.id, on: !ticked })}
        />
        <span className="step-number" aria-hidden="true">{ticked ? "✓" : number}</span>
        <span className="step-text">
          {say(step.text)}
          {step.must && <em className="must">{t("card.must")}</em>}
          {onItsWay && <small>{t("answer.sending")}</small>}
        </span>
      </label>
    </li>
  );
}
