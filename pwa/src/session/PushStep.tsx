// Alerts: explained, asked for by a tap, and proven by a message whose receipt has come back from this very phone.
import { useEffect } from "react";
import { findings, type PhoneFacts } from "../core/phone";
import { proofOf } from "../core/start-rules";
import { useServices, useValue } from "../io/hooks";
import { FindingLine, TestMessage } from "../ui/PhoneParts";
import { Shape } from "../ui/shapes";
import { useDoorTexts } from "./texts";

const tries = [1, 2, 3] as const;

export function PushStep({ onNext }: { onNext: () => void }) {
  const { t, x } = useDoorTexts();
  const { phone } = useServices();
  const facts = useValue(phone.facts);
  const test = useValue(phone.test);
  useEffect(() => void phone.sync(), [phone]);
  if (!facts) return <p className="soft" role="status">{t("phone.checking")}</p>;
  const proof = proofOf(facts, test);
  const first = findings(facts)[0];
  const testable = facts.subscribed && facts.permission === "granted" && facts.server?.known != null;
  return (
    <>
      {proof !== "proven" && <p>{x(testable ? "start.push_test_text" : "start.push_text")}</p>}
      {!testable && first === "not_asked" && <p>{x("start.push_ask")}</p>}
      {proof === "proven" && <Proven />}
      {!testable && first !== undefined && <Gap facts={facts} finding={first} />}
      {testable && proof !== "proven" && <TestMessage filled />}
      {testable && proof !== "proven" && (test === "not_shown" || test === "not_taken") && <Lost facts={facts} />}
      {proof === "proven" || proof === "cannot"
        ? <button type="button" className="button filled tall wide" onClick={onNext}>{x("start.next")}</button>
        : <button type="button" className="button wide" onClick={onNext}>{x("start.open_later")}</button>}
    </>
  );
}

/** One gap at a time: the first one stands in the way of the others. Where it is only that nobody has asked, the button is all there is to say. */
function Gap({ facts, finding }: { facts: PhoneFacts; finding: ReturnType<typeof findings>[number] }) {
  const { x } = useDoorTexts();
  const { phone } = useServices();
  if (finding === "not_asked") return <button type="button" className="button filled tall wide" onClick={() => void phone.allow()}>{x("start.push")}</button>;
  return <div className="card"><FindingLine finding={finding} facts={facts} /></div>;
}

function Proven() {
  const { x } = useDoorTexts();
  return (
    <div className="phone-verdict reachable" role="status">
      <Shape name="tick" size={32} />
      <div><strong>{x("start.push_proven")}</strong><p>{x("start.push_proven_text")}</p></div>
    </div>
  );
}

function Lost({ facts }: { facts: PhoneFacts }) {
  const { x } = useDoorTexts();
  return (
    <section className="notice start-lost" role="alert">
      <p><strong>{x("start.lost")}</strong></p>
      <p>{x("start.lost_try")}</p>
      <ol>{tries.map((one) => <li key={one}>{x(`start.lost_${facts.platform}_${one}`)}</li>)}</ol>
      <p>{x("start.lost_else")}</p>
    </section>
  );
}
