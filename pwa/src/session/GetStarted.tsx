// From a link to a phone that is known to ring: one step at a time, and finished only when this phone has answered.
import { useRef, useState } from "react";
import { useLocation } from "wouter";
import { codeIn, endsHere, firstStep, neighbour, proofOf, stepsFor, type StartFacts, type StartStep } from "../core/start-rules";
import type { Language } from "../core/session-contract";
import { chooseLanguage, languages } from "../i18n/texts";
import { useServices, useValue } from "../io/hooks";
import { Page } from "../ui/Page";
import { PhoneVerdict } from "../ui/PhoneParts";
import { ChoosePin } from "./ChoosePin";
import Code from "./Code";
import { DoorFrame } from "./DoorFrame";
import { InstallStep } from "./InstallStep";
import { PushStep } from "./PushStep";
import "./start.css";
import { useDoorTexts, type DoorTextKey } from "./texts";

const names: Record<Language, string> = { nb: "Bokmål", nn: "Nynorsk", en: "English" };

interface GetStartedProps {
  sos?: React.ReactNode;
  /** Whether one is available, at each of one's offices. */
  duty?: React.ReactNode;
}

export default function GetStarted({ sos = null, duty = null }: GetStartedProps) {
  const { session } = useValue(useServices().session);
  const signed_in = session !== null && session.tier !== "key";
  return signed_in ? <Page><Steps duty={duty} />{sos}</Page> : <DoorFrame><Steps duty={null} />{sos}</DoorFrame>;
}

function Steps({ duty }: { duty: React.ReactNode }) {
  const { x } = useDoorTexts();
  const services = useServices();
  const { session } = useValue(services.session);
  const [code, setCode] = useState(() => codeIn(location.hash.slice(1)));
  const head = useRef<HTMLHeadingElement>(null);
  const here = services.phone.here();
  const facts: StartFacts = {
    platform: here.platform, installed: here.installed, signed_in: session !== null && session.tier !== "key", desk: (session?.surface ?? "phone") !== "phone",
  };
  const steps = stepsFor(facts);
  const [chosen, setStep] = useState<StartStep>(() => firstStep(facts, code !== ""));
  const step = steps.includes(chosen) ? chosen : firstStep(facts, code !== "");
  const next = neighbour(step, facts, 1);
  const before = neighbour(step, facts, -1);
  const go = (to: StartStep | null) => {
    if (!to) return;
    setStep(to);
    scrollTo(0, 0);
    requestAnimationFrame(() => head.current?.focus());
  };
  const signedIn = async () => {
    history.replaceState(null, "", location.pathname); // it is used: whoever reloads must not be asked again
    setCode("");
    if (next) setStep(next);
    await services.entering.enter();
  };
  const title: DoorTextKey = step === "install" ? `start.install_${facts.platform}` : `start.${step}`;
  return (
    <div className="stack start">
      <header>
        <p className="soft">{x("start.title")} · {x("start.step", { step: steps.indexOf(step) + 1, of: steps.length })}</p>
        <div className="start-bar" aria-hidden="true">{steps.map((one, at) => <i key={one} className={at <= steps.indexOf(step) ? "done" : ""} />)}</div>
        <h1 ref={head} tabIndex={-1}>{x(title)}</h1>
      </header>
      {step === "language" && <LanguageStep onNext={() => go(next)} />}
      {step === "install" && <InstallStep platform={facts.platform} installed={facts.installed} code={code} onNext={endsHere(step, facts) ? null : () => go(next)} />}
      {step === "sign_in" && (
        <>
          <p>{x(code ? "start.sign_in_link" : "start.sign_in_text")}</p>
          {session && facts.signed_in && <p className="notice">{x("start.as_other", { name: session.person.name })}</p>}
          <Code given={code} onDone={signedIn} />
          {facts.signed_in && <button type="button" className="button wide" onClick={() => go(next)}>{x("start.next")}</button>}
        </>
      )}
      {step === "push" && <PushStep onNext={() => go(next)} />}
      {step === "pin" && <PinStep onNext={() => go(next)} />}
      {step === "ready" && <ReadyStep duty={duty} desk={facts.desk} onPush={() => go("push")} />}
      {before && <button type="button" className="button quiet" onClick={() => go(before)}>{x("start.back")}</button>}
    </div>
  );
}

function LanguageStep({ onNext }: { onNext: () => void }) {
  const { x, language } = useDoorTexts();
  return (
    <>
      <fieldset>
        <legend className="hidden-text">{x("start.language")}</legend>
        <div className="choices">
          {languages.map((one) => (
            <label key={one} className="choice start-language" lang={one}>
              <input type="radio" name="start-language" checked={one === language} onChange={() => chooseLanguage(one)} />
              {names[one]}
            </label>
          ))}
        </div>
      </fieldset>
      <p className="soft">{x("start.language_text")}</p>
      <button type="button" className="button filled tall wide" onClick={() => { chooseLanguage(language); onNext(); }}>{x("start.next")}</button>
    </>
  );
}

function PinStep({ onNext }: { onNext: () => void }) {
  const { x } = useDoorTexts();
  const { session } = useValue(useServices().session);
  // Also where it was chosen a moment ago: the form is gone then, and what is next stands in its place.
  if (session?.pin) return <><p>{x("start.pin_there")}</p><button type="button" className="button filled tall wide" onClick={onNext}>{x("start.next")}</button></>;
  return <><ChoosePin onSaved={onNext} /><button type="button" className="button wide" onClick={onNext}>{x("start.later")}</button></>;
}

function ReadyStep({ duty, desk, onPush }: { duty: React.ReactNode; desk: boolean; onPush: () => void }) {
  const { x } = useDoorTexts();
  const { phone } = useServices();
  const facts = useValue(phone.facts);
  const test = useValue(phone.test);
  const [, go] = useLocation();
  const proof = desk ? "cannot" : proofOf(facts, test);
  const home = (words: DoorTextKey, kind: string) => <button type="button" className={`button wide ${kind}`} onClick={() => go("/")}>{x(words)}</button>;
  return (
    <>
      {!desk && facts && <PhoneVerdict facts={facts} />}
      {proof === "not_proven" && <p className="notice dashed">{x("start.not_done")}</p>}
      {proof === "cannot" && <p>{x(desk ? "start.ready_desk" : "start.ready_no_push")}</p>}
      {duty}
      {proof === "proven" && home("start.done", "filled tall")}
      {proof === "cannot" && home("start.to_app", "filled tall")}
      {proof === "not_proven" && <><button type="button" className="button filled tall wide" onClick={onPush}>{x("start.to_push")}</button>{home("start.to_app", "")}</>}
    </>
  );
}
