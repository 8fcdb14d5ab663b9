// A button whose tap is kept, sent, and shown until the server has it; and why a tap was refused.
import { isText } from "../i18n/texts";
import { useTexts } from "../i18n/use-texts";
import type { VisitActions } from "../io/hooks";
import { Shape, type ShapeName } from "../ui/shapes";

interface VisitTapProps {
  actions: VisitActions;
  action: string;
  more?: Record<string, unknown>;
  className?: string;
  shape?: ShapeName;
  disabled?: boolean;
  onTap?: () => void;
  children: React.ReactNode;
}

export function VisitTap({ actions, action, more, className = "", shape, disabled = false, onTap, children }: VisitTapProps) {
  const { t } = useTexts();
  const waiting = actions.waiting(action);
  return (
    <button
      type="button"
      className={`button ${className}`}
      aria-disabled={waiting || disabled}
      onClick={() => {
        if (waiting || disabled) return;
        actions.act(action, more);
        onTap?.();
      }}
    >
      {shape && <Shape name={shape} size={24} />}
      {waiting ? t("visit.sending") : children}
    </button>
  );
}

export function VisitRefusal({ actions, of }: { actions: VisitActions; of: readonly string[] }) {
  const { t } = useTexts();
  // Only the newest of them: why an earlier tap was refused no longer matters once a later one was taken. Ids are in the order of the taps.
  const taps = of.flatMap((action) => actions.last(action) ?? []).sort((one, other) => (one.tap.id < other.tap.id ? -1 : 1));
  const refused = taps.at(-1);
  if (refused?.state !== "refused") return null;
  const key = `visit.refused_${refused.reason ?? ""}`;
  return <p className="notice amber" role="alert">{isText(key) ? t(key) : t("visit.refused", { reason: refused.reason ?? "?" })}</p>;
}

/** Said while a tap has not been received: nothing here may look as if it were done. */
export function Unsent({ actions }: { actions: VisitActions }) {
  const { t } = useTexts();
  if (!actions.unsent) return null;
  return <p className="notice dashed" role="status">{t("visit.unsent")}</p>;
}
