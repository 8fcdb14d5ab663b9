// The small window: the light and the soft button, drawn by the page that it belongs to.
import { useEffect } from "react";
import { createPortal } from "react-dom";
import { useTexts } from "../i18n/use-texts";
import { useServices, useValue } from "../io/hooks";
import { SosButton } from "../safety/SosButton";
import { StatusLight } from "../safety/StatusLight";
import { useDesk, useDeskPress } from "./use-desk";
import "./mini.css";

export function MiniHost() {
  const { mini } = useServices();
  const state = useValue(mini.state);
  if (state.name !== "open") return null;
  return createPortal(<Mini window={state.window} />, state.window.document.body);
}

function Mini({ window }: { window: Window }) {
  const { t, clock } = useTexts();
  const { sos } = useServices();
  const { chosen, now, light, discreet } = useDesk();
  const { cry, send } = useDeskPress(chosen);
  useEffect(() => {
    window.document.title = now ? t("mini.title", { office: now.name }) : t("app.name");
  }, [window, now, t]);
  useEffect(() => {
    window.document.querySelector("button")?.focus();
    // The page listens for Esc in its own window only.
    const onKey = (event: KeyboardEvent) => event.key === "Escape" && sos.step({ name: "abort" });
    window.document.addEventListener("keydown", onKey);
    return () => window.document.removeEventListener("keydown", onKey);
  }, [window, sos]);
  return (
    <main className="mini">
      <StatusLight light={light} />
      {discreet.map((alarm) => <p key={alarm.id} className="soft number">{t(alarm.drill ? "desk.discreet_drill" : "desk.discreet", { time: clock(alarm.opened_at) })}</p>)}
      <SosButton size="desk" label={t("desk.button")} onSend={send} />
      {cry && (
        <p role="status" className="mini-said">
          {cry.state === "confirmed" ? t("truth.received", { time: clock(cry.receipt?.received_at ?? null, true) }) : t("truth.sending")}
        </p>
      )}
    </main>
  );
}
