// What has become of my own alarm: only what is proven, and what to do when nothing is.
import { useEffect, useRef, useState } from "react";
import { can, isOpen, mayNeedPolice } from "../core/alarm-rules";
import type { AlarmView } from "../core/contract";
import { telLink } from "../core/links";
import { confirm_patience_ms, truthOf, type TruthStep } from "../core/truth";
import { useTexts } from "../i18n/use-texts";
import { buzz } from "../io/device";
import { useActions } from "../io/hooks";
import type { TapState } from "../io/outbox";
import { Shape, type ShapeName } from "../ui/shapes";
import { ThisIsReal } from "./Drill";
import { SendFailed } from "./SendFailed";
import { Refusal, TapButton } from "./TapButton";
import "./truth.css";

const shapes: Record<TruthStep["name"], ShapeName> = {
  sending: "dashed", received: "tick", reached: "people", coming: "arrow", taken: "tick", police_called: "phone", police_expected: "phone",
  there: "disc", called_off: "ring", ended: "tick",
};

export interface TruthProps {
  /** The tap that raised it, if it was made on this device. */
  cry: TapState | null;
  alarm: AlarmView | null;
  office_id: string | null;
  /** The desk calls off without a PIN. */
  pin: boolean;
}

export function Truth({ cry, alarm, office_id, pin }: TruthProps) {
  const { t, clock } = useTexts();
  const steps = truthOf({ received_at: cry?.receipt?.received_at ?? null, alarm });
  const late = useLate(cry?.state === "waiting" ? cry : null);
  useBuzz(cry?.state === "confirmed" ? "received" : late ? "unconfirmed" : null);
  const say = (step: TruthStep) => {
    switch (step.name) {
      case "received": return t("truth.received", { time: clock(step.at, true) });
      case "called_off": return t("truth.called_off", { time: clock(step.at) });
      case "reached": case "coming": case "taken": return t(`truth.${step.name}`, { count: step.count });
      default: return t(`truth.${step.name}`);
    }
  };
  return (
    <section className="truth" aria-label={t("truth.title")}>
      <ol className="truth-steps" aria-live="polite">
        {steps.map((step) => (
          <li key={step.name} className={step.name}><Shape name={shapes[step.name]} size={24} /> <strong>{late && step.name === "sending" ? t("truth.not_confirmed") : say(step)}</strong></li>
        ))}
      </ol>
      {cry?.state === "waiting" && cry.kept === false && <p className="notice amber" role="alert">{t("truth.not_kept")}</p>}
      {late && cry && <SendFailed signal_id={cry.tap.id} office_id={office_id} drill={alarm?.drill != null} />}
      {alarm && mayNeedPolice(alarm) && !late && <a className="button wide" href={telLink("112")}><Shape name="phone" /> {t("police.call")}</a>}
      {alarm && isOpen(alarm) && can(alarm, "call_off") && <CallOff alarm={alarm} pin={pin} />}
      {alarm && isOpen(alarm) && alarm.drill && <ThisIsReal alarm={alarm} />}
    </section>
  );
}

function CallOff({ alarm, pin }: { alarm: AlarmView; pin: boolean }) {
  const { t } = useTexts();
  const actions = useActions(alarm.id);
  const [open, setOpen] = useState(false);
  const [code, setCode] = useState("");
  if (!open) return <button type="button" className="button wide" onClick={() => setOpen(true)}>{t("off.title")} …</button>;
  return (
    <form className="call-off" onSubmit={(event) => event.preventDefault()}>
      <p>{t("off.text")}</p>
      {pin && (
        <label className="field"><span>{t("off.pin")}</span>
          <input type="password" inputMode="numeric" autoComplete="off" maxLength={12} value={code} onChange={(event) => setCode(event.target.value)} />
        </label>
      )}
      <Refusal actions={actions} of={["call_off"]} />
      {(!pin || code.length > 0) && (
        <TapButton actions={actions} action="call_off" more={{ ...(pin ? { pin: code } : {}), seen_signal: alarm.last_signal }} className="filled wide">{t("off.send")}</TapButton>
      )}
      <button type="button" className="button wide" onClick={() => setOpen(false)}>{t("app.cancel")}</button>
    </form>
  );
}

function useLate(cry: TapState | null): boolean {
  const [late, setLate] = useState(false);
  const id = cry?.tap.id;
  const tapped_ms = cry?.tap.tapped.wall_ms ?? 0;
  useEffect(() => {
    setLate(false);
    if (!id) return;
    const timer = setTimeout(() => setLate(true), Math.max(0, confirm_patience_ms - (Date.now() - tapped_ms)));
    return () => clearTimeout(timer);
  }, [id, tapped_ms]);
  return late;
}

/** Felt when it changes; not again for what was already so when the screen was opened. */
function useBuzz(what: "received" | "unconfirmed" | null): void {
  const before = useRef(what);
  useEffect(() => {
    if (what && what !== before.current) buzz(what);
    before.current = what;
  }, [what]);
}
