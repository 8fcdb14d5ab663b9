// A person's own PIN, and the one for when somebody forces them: explained here, where nobody is forced, and alike everywhere else.
import { useState } from "react";
import { put } from "../io/api";
import { useServices, useSession } from "../io/hooks";
import { Page } from "../ui/Page";
import { Shape } from "../ui/shapes";
import "./start.css";
import { useDoorTexts, type DoorTextKey } from "./texts";

export default function PinScreen({ sos }: { sos: React.ReactNode }) {
  const { x } = useDoorTexts();
  return (
    <Page>
      <div className="stack"><h1>{x("pin.title")}</h1><ChoosePin /></div>
      {sos}
    </Page>
  );
}

type Field = "old_pin" | "pin" | "duress_pin";
const no_pins: Record<Field, string> = { old_pin: "", pin: "", duress_pin: "" };
/** Under which field it is said, and in which words. */
const troubles: Record<string, [Field, DoorTextKey]> = {
  weak_pin: ["pin", "pin.refused_weak_pin"], weak_duress_pin: ["duress_pin", "pin.refused_weak_pin"], same_pin: ["duress_pin", "pin.refused_same_pin"],
  like_pin: ["duress_pin", "pin.refused_like_pin"], wrong_pin: ["old_pin", "pin.refused_wrong_pin"], needs_code: ["old_pin", "pin.refused_needs_code"],
};

export function ChoosePin({ onSaved }: { onSaved?: () => void }) {
  const { x } = useDoorTexts();
  const services = useServices();
  const asksOld = useSession().old_pin ?? true;
  const [pins, setPins] = useState(no_pins);
  const [shown, setShown] = useState(false);
  const [trouble, setTrouble] = useState<[Field | null, DoorTextKey] | null>(null);
  const [saved, setSaved] = useState(false);
  const [busy, setBusy] = useState(false);
  const fields: readonly Field[] = asksOld ? ["old_pin", "pin", "duress_pin"] : ["pin", "duress_pin"];

  const save = async () => {
    if (busy) return;
    setSaved(false);
    const short = fields.find((field) => pins[field].length < 4);
    if (short) return setTrouble([short, "pin.short"]);
    setBusy(true);
    const answer = await put("/api/pin", { ...pins, old_pin: asksOld ? pins.old_pin : "" });
    setBusy(false);
    if (!answer.ok) return setTrouble(troubles[answer.reason ?? ""] ?? [null, "pin.refused_no_answer"]);
    setTrouble(null);
    setPins(no_pins);
    setSaved(true);
    await services.refreshSession();
    onSaved?.();
  };
  return (
    <>
      <p>{x("pin.why")}</p>
      <section className="card stack" aria-labelledby="duress">
        <h2 id="duress">{x("pin.duress_title")}</h2>
        <ul className="start-listed"><li>{x("pin.duress_1")}</li><li>{x("pin.duress_2")}</li><li>{x("pin.duress_3")}</li></ul>
      </section>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        <p>{x("pin.choose")}</p>
        {fields.map((field) => (
          <PinField
            key={field} field={field} value={pins[field]} shown={shown} trouble={trouble?.[0] === field ? trouble[1] : null}
            onChange={(value) => setPins({ ...pins, [field]: value })}
          />
        ))}
        <label className="start-check"><input type="checkbox" checked={shown} onChange={(event) => setShown(event.target.checked)} /> {x("pin.show")}</label>
        {trouble?.[0] === null && <p className="notice amber" role="alert">{x(trouble[1])}</p>}
        <button type="submit" className="button filled tall wide" aria-disabled={busy}>{x("pin.save")}</button>
        <p role="status" className="start-tick">{saved && <><Shape name="tick" size={24} /> {x("pin.saved")}</>}</p>
      </form>
    </>
  );
}

const labels: Record<Field, DoorTextKey> = { old_pin: "pin.old", pin: "pin.pin", duress_pin: "pin.duress" };

function PinField({ field, value, shown, trouble, onChange }: { field: Field; value: string; shown: boolean; trouble: DoorTextKey | null; onChange: (value: string) => void }) {
  const { x } = useDoorTexts();
  return (
    <div className="start-pin">
      <label className="field">
        <span>{x(labels[field])}</span>
        <input
          type={shown ? "text" : "password"} inputMode="numeric" autoComplete="off" maxLength={8} value={value} aria-invalid={trouble !== null}
          aria-describedby={trouble ? `trouble-${field}` : undefined} onChange={(event) => onChange(event.target.value.replace(/\D/g, ""))}
        />
      </label>
      {trouble && <p id={`trouble-${field}`} role="alert" className="start-trouble"><Shape name="triangle" size={20} /> {x(trouble)}</p>}
    </div>
  );
}
