// The code of an invitation, used once: typed, pasted with its link, or come with the link.
import { useState } from "react";
import { Button } from "@navikt/ds-react/Button";
import { TextField } from "@navikt/ds-react/TextField";
import { codeIn, spaced } from "../core/start-rules";
import { useTexts } from "../i18n/use-texts";
import { post } from "../io/api";
import "../ui/aksel.css";

export default function Code({ onDone, given = "" }: { onDone: () => unknown; given?: string }) {
  const { t } = useTexts();
  const [code, setCode] = useState(() => spaced(codeIn(given)));
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const send = async () => {
    setBusy(true);
    const answer = await post("/api/session", { code: codeIn(code) });
    if (answer.ok) await onDone(); // busy until then: the code is used, and sent again it would be called wrong
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
