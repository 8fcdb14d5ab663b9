// Will this phone be heard: one word, why, what to do about it here, and a test message that proves it.
import { useEffect } from "react";
import { Link } from "wouter";
import { findings, verdictOf } from "../core/phone";
import { useTexts } from "../i18n/use-texts";
import { useServices, useValue } from "../io/hooks";
import { FindingLine, PhoneVerdict, TestMessage } from "../ui/PhoneParts";
import { Shape } from "../ui/shapes";

export function ThisPhone() {
  const { t } = useTexts();
  const { phone, sound } = useServices();
  const facts = useValue(phone.facts);
  const unlocked = facts?.sound ?? sound.isUnlocked();
  useEffect(() => void phone.sync(), [phone]);
  const ready = () => void sound.taste().then(() => phone.tellFacts());
  const found = facts ? findings(facts) : [];
  return (
    <section className="card phone stack" aria-labelledby="this-phone">
      <h2 id="this-phone">{t(facts?.platform === "desktop" ? "phone.title_desktop" : "phone.title")}</h2>
      {facts ? <PhoneVerdict facts={facts} /> : <p className="soft" role="status">{t("phone.checking")}</p>}
      {facts && <ul className="phone-findings">{found.map((one) => <li key={one}><FindingLine finding={one} facts={facts} /></li>)}</ul>}
      {unlocked && <p className="ready-state"><Shape name="tick" size={22} /> <strong>{t("home.sound_on")}</strong></p>}
      <button type="button" className={`button tall wide ${unlocked ? "" : "filled"}`} onClick={ready}>{t("home.ready")}</button>
      {facts?.subscribed && <TestMessage />}
      {facts && verdictOf(facts) !== "reachable" && !found.includes("not_installed") && <Link className="button quiet" href="/kom-i-gang">{t("phone.show_me")}</Link>}
    </section>
  );
}
