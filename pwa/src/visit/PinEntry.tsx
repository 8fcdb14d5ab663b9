// The PIN, typed once for one tap: it is never kept, and every PIN looks alike here.
import { useState } from "react";
import { useTexts } from "../i18n/use-texts";

export function PinEntry({ label, go, onPin, onCancel }: { label: string; go: string; onPin: (pin: string) => void; onCancel: () => void }) {
  const { t } = useTexts();
  const [pin, setPin] = useState("");
  return (
    <form
      className="confirm stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (pin.length < 4) return;
        onPin(pin);
        setPin("");
      }}
    >
      <label className="field pin-field">
        <span>{label}</span>
        <input type="password" inputMode="numeric" autoComplete="off" pattern="[0-9]*" maxLength={8} value={pin} autoFocus onChange={(event) => setPin(event.target.value.replace(/\D/g, ""))} />
      </label>
      <button type="submit" className="button filled tall wide" aria-disabled={pin.length < 4}>{go}</button>
      <button type="button" className="button tall wide" onClick={onCancel}>{t("app.cancel")}</button>
    </form>
  );
}
