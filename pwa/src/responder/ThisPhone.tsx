// Will this phone be heard: one word, why, what to do about it here, and a test message that proves it.
import { useEffect, useState } from "react";
import { findings, verdictOf, weights, type Finding, type PhoneFacts, type Verdict } from "../core/phone";
import { isText, type TextKey } from "../i18n/texts";
import { useTexts } from "../i18n/use-texts";
import { useServices, useValue } from "../io/hooks";
import { Shape, type ShapeName } from "../ui/shapes";
import "./phone.css";

const shapes: Record<Verdict, ShapeName> = { reachable: "tick", unsure: "question", sms_only: "triangle", screen_only: "triangle" };
const install_steps: readonly TextKey[] = ["phone.install_1", "phone.install_2", "phone.install_3"];

export function ThisPhone() {
  const { t } = useTexts();
  const { phone, sound } = useServices();
  const facts = useValue(phone.facts);
  const [unlocked, setUnlocked] = useState(sound.isUnlocked());
  useEffect(() => void phone.sync(), [phone]);
  const ready = () => void sound.taste().then((allowed) => {
    setUnlocked(allowed);
    void phone.tellFacts();
  });
  return (
    <section className="card phone stack" aria-labelledby="this-phone">
      <h2 id="this-phone">{t(facts?.platform === "desktop" ? "phone.title_desktop" : "phone.title")}</h2>
      {facts ? <Verdict facts={facts} /> : <p className="soft" role="status">{t("phone.checking")}</p>}
      {facts && <ul className="phone-findings">{findings(facts).map((one) => <li key={one}><FindingLine finding={one} facts={facts} /></li>)}</ul>}
      {unlocked && <p className="ready-state"><Shape name="tick" size={22} /> <strong>{t("home.sound_on")}</strong></p>}
      <button type="button" className={`button tall wide ${unlocked ? "" : "filled"}`} onClick={ready}>{t("home.ready")}</button>
      {facts?.subscribed && <TestMessage />}
    </section>
  );
}

function Verdict({ facts }: { facts: PhoneFacts }) {
  const { t, clock } = useTexts();
  const verdict = verdictOf(facts);
  const shown_at = facts.server?.known?.shown_at ?? null;
  return (
    <div className={`phone-verdict ${verdict}`} role="status">
      <Shape name={shapes[verdict]} size={32} />
      <div>
        <strong>{t(`phone.${verdict}`)}</strong>
        <p>{verdict === "reachable" ? t("phone.reachable_text", { time: clock(shown_at) }) : t(`phone.${verdict}_text`)}</p>
      </div>
    </div>
  );
}

/** Several causes have one name for people: the phone is not connected. */
const told_as: Partial<Record<Finding, Finding>> = { not_known: "not_subscribed", dead: "not_subscribed" };

function FindingLine({ finding, facts }: { finding: Finding; facts: PhoneFacts }) {
  const { t } = useTexts();
  const name = told_as[finding] ?? finding;
  const title = t(textOf(`phone.${name}`));
  const own = `phone.${name}_remedy_${facts.platform}`;
  const remedy = textOf(isText(own) ? own : `phone.${name}_remedy`);
  return (
    <div className={`phone-finding ${weights[finding]}`}>
      <Shape name={weights[finding] === "note" ? "question" : "triangle"} size={20} />
      <div className="stack">
        <p><strong>{title}</strong><br />{t(remedy)}</p>
        {finding === "not_installed" && <ol className="phone-steps">{install_steps.map((one, number) => <li key={one}>{t(one)} {number === 0 && <Shape name="share" size={22} />}</li>)}</ol>}
        <Remedy finding={finding} />
      </div>
    </div>
  );
}

const buttons: Partial<Record<Finding, TextKey>> = {
  not_asked: "phone.allow", not_subscribed: "phone.connect", not_known: "phone.connect", dead: "phone.connect", failed: "phone.again", no_answer: "phone.again",
};

function Remedy({ finding }: { finding: Finding }) {
  const { t } = useTexts();
  const { phone } = useServices();
  const [busy, setBusy] = useState(false);
  const label = buttons[finding];
  if (!label) return null;
  const mend = () => {
    setBusy(true);
    void phone.allow().finally(() => setBusy(false));
  };
  return <button type="button" className="button filled wide" aria-disabled={busy} onClick={busy ? undefined : mend}>{t(label)}</button>;
}

function TestMessage() {
  const { t } = useTexts();
  const { phone } = useServices();
  const state = useValue(phone.test);
  const busy = state === "sending" || state === "waiting";
  return (
    <div className="stack">
      <button type="button" className="button wide" aria-disabled={busy} onClick={busy ? undefined : () => void phone.tryIt()}>{t("phone.test")}</button>
      <p role="status" className={state === "shown" ? "phone-proof" : ""}>
        {state === "shown" && <Shape name="tick" size={20} />} {state !== "none" && t(`phone.test_${state}`)}
      </p>
    </div>
  );
}

/** The keys are put together from the finding's name; a missing one would be a missing remedy, which a test looks for. */
function textOf(key: string): TextKey {
  return isText(key) ? key : "phone.again";
}
