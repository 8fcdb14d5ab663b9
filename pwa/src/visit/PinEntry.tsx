// The PIN, typed once for one tap: it is never kept, and every PIN looks alike here.
import { useState } from "react";
import { useTexts } from "../i18n/use-texts";

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
        <input type="password" inputMode="numeric" autoComplete="off" pattern="[0-9]*" maxLength={8} value={pin} autoFocus onChange={(event) => setPin(event.target.value.replace(/\D/g, ""))} />
      </label>
      <button type="submit" className="button filled tall wide" aria-disabled={!ready}>{go}</button>
      <button type="button" className="button tall wide" onClick={onCancel}>{t("app.cancel")}</button>
    </form>
  );
}
