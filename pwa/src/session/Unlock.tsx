// Nobody is signed in: the phone raises and answers by its own key, and the PIN opens the rest.
import { lazy, Suspense, useState } from "react";
import { useTexts } from "../i18n/use-texts";
import { post } from "../io/api";
import { useServices, useSession } from "../io/hooks";
import { Shape } from "../ui/shapes";
import { Waiting } from "./Waiting";
import "./unlock.css";

const Code = lazy(() => import("./Code"));

export function Unlock() {
  const { t } = useTexts();
  const services = useServices();
  const session = useSession();
  const [byCode, setByCode] = useState(session.pin === false);
  const [pin, setPin] = useState("");
  const [trouble, setTrouble] = useState<"" | "key.wrong_pin" | "key.needs_code" | "session.no_server">("");
  const [busy, setBusy] = useState(false);
  const send = async () => {
    if (busy || pin === "") return;
    setBusy(true);
    const answer = await post("/api/session/pin", { pin });
    setPin("");
    setTrouble("");
    if (answer.ok) await services.entering.enter();
    setBusy(false);
    if (answer.ok) return;
    if (answer.reason === "needs_code") setByCode(true);
    setTrouble(answer.reason === "wrong_pin" ? "key.wrong_pin" : answer.reason === "needs_code" ? "key.needs_code" : "session.no_server");
  };
  return (
    <section className="card stack unlock" aria-labelledby="unlock">
      <div className="unlock-head"><Shape name="tick" size={28} /><div><h2 id="unlock">{t("key.locked_title")}</h2><p>{t("key.locked_text")}</p></div></div>
      <Waiting />
      {byCode ? (
        <Suspense>{trouble === "key.needs_code" && <p className="notice amber" role="alert">{t(trouble)}</p>}<Code onDone={() => services.entering.enter()} /></Suspense>
      ) : (
        <form className="stack" onSubmit={(event) => { event.preventDefault(); void send(); }}>
          <label className="field"><span>{t("key.pin")}</span>
            <input type="password" inputMode="numeric" autoComplete="off" maxLength={12} value={pin} aria-describedby="unlock-trouble" onChange={(event) => setPin(event.target.value)} />
          </label>
          <p id="unlock-trouble" role="alert" className={trouble ? "notice amber" : "hidden-text"}>{trouble && t(trouble)}</p>
          <button type="submit" className="button filled tall wide" aria-disabled={busy}>{t("key.unlock")}</button>
          <button type="button" className="button wide" onClick={() => setByCode(true)}>{t("key.use_code")}</button>
        </form>
      )}
    </section>
  );
}
