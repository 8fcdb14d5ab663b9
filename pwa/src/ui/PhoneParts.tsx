// What is said of this phone: one word, each gap with its remedy for this kind of phone, and a test message that proves it.
import { useState } from "react";
import { Link } from "wouter";
import { verdictOf, weights, type Finding, type PhoneFacts, type Verdict } from "../core/phone";
import { isText, type TextKey } from "../i18n/texts";
import { useTexts } from "../i18n/use-texts";
import { useServices, useValue } from "../io/hooks";
import "./phone.css";
import { Shape, type ShapeName } from "./shapes";

const shapes: Record<Verdict, ShapeName> = { reachable: "tick", unsure: "question", sms_only: "triangle", screen_only: "triangle" };

export function PhoneVerdict({ facts }: { facts: PhoneFacts }) {
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

export function FindingLine({ finding, facts }: { finding: Finding; facts: PhoneFacts }) {
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
        {finding === "not_installed" && <Link className="button filled wide" href="/kom-i-gang">{t("phone.show_me")}</Link>}
        <Remedy finding={finding} />
      </div>
    </div>
  );
}

const buttons: Partial<Record<Finding, TextKey>> = {
  not_asked: "phone.allow", denied: "phone.again", not_subscribed: "phone.connect", not_known: "phone.connect", dead: "phone.connect", failed: "phone.again", no_answer: "phone.again",
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

export function TestMessage({ filled = false }: { filled?: boolean }) {
  const { t } = useTexts();
  const { phone } = useServices();
  const state = useValue(phone.test);
  const busy = state === "sending" || state === "waiting";
  return (
    <div className="stack">
      <button type="button" className={`button wide ${filled ? "filled tall" : ""}`} aria-disabled={busy} onClick={busy ? undefined : () => void phone.tryIt()}>{t("phone.test")}</button>
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
