// The PIN, typed once for one tap: it is never kept, and every PIN looks alike here.
import { useEffect, useState } from "react";
import { useTexts } from "../i18n/use-texts";

const forgotten_after_ms = 60_000;

/** A PIN that goes along with the next tap, whichever that is, or with none. What nobody sends is forgotten: it must not go along with a tap an hour later. */
export function usePinBeside() {
  const [typed, type] = useState("");
  useEffect(() => {
    if (typed === "") return;
    const timer = setTimeout(() => type(""), forgotten_after_ms);
    return () => clearTimeout(timer);
  }, [typed]);
  return { typed, type, clear: () => type(""), more: typed === "" ? {} : { pin: typed } };
}

/** Always there for those who have a PIN, and most often left empty: whoever is made to check in, or to say that it takes longer, can give the other PIN. */
export function PinBeside({ pin }: { pin: ReturnType<typeof usePinBeside> }) {
  const { t } = useTexts();
  return (
    <label className="pin-beside">
      <span>{t("visit.pin_free")}</span>
      <PinInput value={pin.typed} onType={pin.type} />
    </label>
  );
}

function PinInput({ value, onType, focus = false }: { value: string; onType: (pin: string) => void; focus?: boolean }) {
  return <input type="password" inputMode="numeric" autoComplete="off" pattern="[0-9]*" maxLength={8} value={value} autoFocus={focus} onChange={(event) => onType(event.target.value.replace(/\D/g, ""))} />;
}

interface PinEntryProps {
  label: string;
  go: string;
  /** Whether it may be left empty: then `onPin` gets an empty one. */
  free?: boolean;
  onPin: (pin: string) => void;
  onCancel: () => void;
}

export function PinEntry({ label, go, free = false, onPin, onCancel }: PinEntryProps) {
  const { t } = useTexts();
  const [pin, setPin] = useState("");
  const ready = pin.length >= 4 || (free && pin === "");
  return (
    <form
      className="confirm stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (!ready) return;
        onPin(pin);
        setPin("");
      }}
    >
      <label className="field pin-field">
        <span>{label}</span>
        <PinInput value={pin} onType={setPin} focus />
      </label>
      <button type="submit" className="button filled tall wide" aria-disabled={!ready}>{go}</button>
      <button type="button" className="button tall wide" onClick={onCancel}>{t("app.cancel")}</button>
    </form>
  );
}
