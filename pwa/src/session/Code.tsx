// The code of an invitation, used once: typed, pasted with its link, or come with the link.
import { useState } from "react";
import { Button } from "@navikt/ds-react/Button";
import { TextField } from "@navikt/ds-react/TextField";
import { codeIn, spaced } from "../core/start-rules";
import { uuid7 } from "../core/uuid7";
import { useTexts } from "../i18n/use-texts";
import { post } from "../io/api";
import "../ui/aksel.css";

/** The same for each try with this code, also after the page was loaded again: the answer that let this phone in may have been lost on the way. */
function attemptWith(code: string): string {
  const key = `varde.attempt.${code}`;
  try {
    const before = sessionStorage.getItem(key);
    if (before) return before;
    const attempt = uuid7();
    sessionStorage.setItem(key, attempt);
    return attempt;
  } catch {
    return uuid7(); // a browser that keeps nothing: each try is a new one
  }
}

export default function Code({ onDone, given = "" }: { onDone: () => unknown; given?: string }) {
  const { t } = useTexts();
  const [code, setCode] = useState(() => spaced(codeIn(given)));
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const send = async () => {
    setBusy(true);
    const answer = await post("/api/session", { code: codeIn(code), attempt: attemptWith(codeIn(code)) });
    if (answer.ok) await onDone();
    setBusy(false);
    if (answer.ok) return;
    setError(answer.status === 0 || answer.status >= 500 ? t("session.no_server") : t("session.bad_code"));
  };
  return (
    <form className="card stack" onSubmit={(event) => { event.preventDefault(); void send(); }}>
      <TextField
        label={t("session.code")} description={t("session.code_help")} error={error} value={code} maxLength={200}
        autoComplete="one-time-code" autoCapitalize="characters" spellCheck={false} onChange={(event) => setCode(event.target.value)}
      />
      <Button type="submit" loading={busy}>{t("session.enter")}</Button>
    </form>
  );
}
