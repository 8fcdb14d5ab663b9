// Trying the way from button to screen from the desk, where nothing is proven of it. It stands below the help button, which must not
// move when it comes or goes, and goes by itself when the light has changed.
import { useEffect, useState } from "react";
import { useTexts } from "../i18n/use-texts";
import { post } from "../io/api";

/** A run that is not over by then never will be. */
const patience_ms = 60_000;

export function TryChain({ office_id }: { office_id: string }) {
  const { t } = useTexts();
  const [state, setState] = useState<"idle" | "running" | "failed">("idle");
  useEffect(() => {
    if (state !== "running") return;
    const timer = setTimeout(() => setState("failed"), patience_ms);
    return () => clearTimeout(timer);
  }, [state]);
  const begin = () => {
    setState("running");
    void post(`/api/offices/${office_id}/proofs`, undefined).then((answer) => answer.ok || setState("failed"));
  };
  return (
    <>
      <button type="button" className="button wide" disabled={state === "running"} onClick={begin}>{t(state === "running" ? "ready.chain_running" : "ready.chain_try")}</button>
      {state === "failed" && <p className="notice amber" role="alert">{t("ready.chain_failed")}</p>}
    </>
  );
}
