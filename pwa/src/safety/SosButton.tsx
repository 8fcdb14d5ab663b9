// The cry for help from any screen: hold it, or tap and let three seconds pass; it can be stopped until it is sent.
import { useEffect, useRef } from "react";
import { countdown_ms, progress } from "../core/sos-machine";
import { useTexts } from "../i18n/use-texts";
import { useServices, useValue } from "../io/hooks";
import "./sos.css";

export interface SosButtonProps {
  onSend: () => void;
  size: "small" | "large" | "desk";
  label?: string;
}

export function SosButton({ onSend, size, label }: SosButtonProps) {
  const { t } = useTexts();
  const { sos } = useServices();
  const { state, now_ms, stopped } = useValue(sos.shown);
  const byPointer = useRef(false);
  const held = useRef<number | null>(null);

  useEffect(() => () => {
    // Another screen has taken this one's place, and will not hear the thumb being lifted: what was begun is counted out there.
    if (held.current !== null) sos.step({ name: "up", pointer: held.current });
  }, [sos]);

  const lift = (event: React.PointerEvent) => {
    held.current = null;
    sos.step({ name: "up", pointer: event.pointerId });
    // The click that belongs to this touch comes before the next task; one that comes later is a key's or a screen reader's.
    setTimeout(() => (byPointer.current = false), 0);
  };
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
          byPointer.current = true;
          held.current = event.pointerId;
          keepPointer(event);
          sos.step({ name: "down", pointer: event.pointerId }, onSend);
        }}
        onPointerUp={lift}
        onPointerCancel={lift}
        onContextMenu={(event) => event.preventDefault()}
        onClick={() => {
          // A click without a pointer comes from a keyboard, a switch or a screen reader.
          if (!byPointer.current) sos.step({ name: "tap" }, onSend);
        }}
      >
        <Ring part={progress(state, now_ms)} />
        <span className="sos-word">{counting ? seconds : (label ?? t("sos.button"))}</span>
        {size !== "small" && !counting && <span className="sos-hint">{t("sos.hold")}</span>}
      </button>
      <span id={`sos-${size}`} className="hidden-text">{t("sos.describe")}</span>
      <p className="hidden-text" role="status">{stopped && t("sos.aborted")}</p>
      {counting && (
        <div className="sos-countdown">
          <p role="alert">{t("sos.counting", { seconds: countdown_ms / 1000 })}</p>
          <button type="button" className="button tall" onClick={() => sos.step({ name: "abort" })}>{t("sos.abort")}</button>
        </div>
      )}
    </div>
  );
}

/** A shaking thumb slides off the button: it still holds. */
function keepPointer(event: React.PointerEvent): void {
  try {
    event.currentTarget.setPointerCapture(event.pointerId);
  } catch {
    // Already lifted, or a browser without it: then leaving the button ends nothing either, for only a lifted finger does.
  }
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
