// The cry for help from any screen: hold it, or tap and let three seconds pass; it can be stopped until it is sent.
import { useCallback, useEffect, useRef, useState } from "react";
import { countdown_ms, idle, progress, sosStep, type SosEvent, type SosState } from "../core/sos-machine";
import { useTexts } from "../i18n/use-texts";
import "./sos.css";

export interface SosButtonProps {
  onSend: () => void;
  size: "small" | "large" | "desk";
  label?: string;
}

export function SosButton({ onSend, size, label }: SosButtonProps) {
  const { t } = useTexts();
  const [state, setState] = useState<SosState>(idle);
  const [now_ms, setNow] = useState(0);
  const current = useRef<SosState>(idle);
  const pressed = useRef(false);

  const step = useCallback((name: SosEvent["name"]) => {
    const before = current.current;
    const after = sosStep(before, { name, at_ms: performance.now() });
    current.current = after;
    setState(after);
    setNow(performance.now());
    if (before.name !== "sent" && after.name === "sent") {
      onSend();
      current.current = sosStep(after, { name: "ready", at_ms: performance.now() });
      setState(current.current);
    }
  }, [onSend]);

  useEffect(() => {
    if (state.name !== "holding" && state.name !== "counting") return;
    const timer = setInterval(() => step("time"), 50);
    const onKey = (event: KeyboardEvent) => event.key === "Escape" && step("abort");
    document.addEventListener("keydown", onKey);
    return () => {
      clearInterval(timer);
      document.removeEventListener("keydown", onKey);
    };
  }, [state.name, step]);

  const counting = state.name === "counting";
  const seconds = counting ? Math.max(1, Math.ceil((countdown_ms - (now_ms - state.since_ms)) / 1000)) : 0;
  return (
    <div className={`sos sos-${size} ${state.name}`}>
      <button
        type="button"
        className="sos-button"
        aria-describedby={`sos-${size}`}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          pressed.current = true;
          step("down");
        }}
        onPointerUp={() => step("up")}
        onPointerLeave={() => current.current.name === "holding" && step("up")}
        onPointerCancel={() => current.current.name === "holding" && step("up")}
        onContextMenu={(event) => event.preventDefault()}
        onClick={() => {
          // A click without a pointer comes from a keyboard, a switch or a screen reader.
          if (!pressed.current) step("tap");
          pressed.current = false;
        }}
      >
        <Ring part={progress(state, now_ms)} />
        <span className="sos-word">{counting ? seconds : (label ?? t("sos.button"))}</span>
        {size !== "small" && !counting && <span className="sos-hint">{t("sos.hold")}</span>}
      </button>
      <span id={`sos-${size}`} className="hidden-text">{t("sos.describe")}</span>
      {counting && (
        <div className="sos-countdown">
          <p role="status">{t("sos.counting", { seconds: 3 })}</p>
          <button type="button" className="button tall" onClick={() => step("abort")}>{t("sos.abort")}</button>
        </div>
      )}
    </div>
  );
}

function Ring({ part }: { part: number }) {
  const length = 2 * Math.PI * 46;
  return (
    <svg className="sos-ring" viewBox="0 0 100 100" aria-hidden="true">
      <circle cx="50" cy="50" r="46" className="sos-ring-track" />
      <circle cx="50" cy="50" r="46" className="sos-ring-fill" strokeDasharray={length} strokeDashoffset={length * (1 - part)} transform="rotate(-90 50 50)" />
    </svg>
  );
}
