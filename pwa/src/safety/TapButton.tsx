// A button for one action on an alarm: answers the thumb at once, and says when the server has it.
import { useEffect, useState } from "react";
import { useTexts } from "../i18n/use-texts";
import { refusalKey } from "../i18n/texts";
import type { AlarmActions } from "../io/hooks";
import type { TapState } from "../io/outbox";
import { Shape, type ShapeName } from "../ui/shapes";

/** After this long without a receipt the button no longer says that it is sending, but that it is not confirmed. */
const patience_ms = 5000;

export interface TapButtonProps {
  actions: AlarmActions;
  action: string;
  more?: Record<string, unknown>;
  shape?: ShapeName;
  className?: string;
  children: React.ReactNode;
  onTap?: () => void;
}

export function TapButton({ actions, action, more, shape, className = "", children, onTap }: TapButtonProps) {
  const { t } = useTexts();
  const last = actions.last(action);
  const mine = last !== null && sameBody(last.tap.body, { action, ...more });
  const waiting = mine && last.state === "waiting";
  const slow = useSlow(waiting ? last : null);
  const tap = () => {
    if (waiting) return;
    actions.act(action, more);
    onTap?.();
  };
  return (
    <button type="button" className={`button ${className}`} aria-disabled={waiting || undefined} onClick={tap}>
      {shape && <Shape name={waiting ? "dashed" : shape} size={24} />}
      <span>{waiting ? t(slow ? "answer.queued" : "answer.sending") : children}</span>
    </button>
  );
}

/** What to do about the last refusal, until the next tap. */
export function Refusal({ actions, of }: { actions: AlarmActions; of: readonly string[] }) {
  const { t } = useTexts();
  const refused = of.map((one) => actions.last(one)).find((last) => last?.state === "refused");
  if (!refused) return null;
  return <p className="notice amber" role="status">{t(refusalKey(refused.reason))}</p>;
}

function useSlow(last: TapState | null): boolean {
  const [slow, setSlow] = useState(false);
  const id = last?.tap.id;
  useEffect(() => {
    setSlow(false);
    if (!id) return;
    const timer = setTimeout(() => setSlow(true), patience_ms);
    return () => clearTimeout(timer);
  }, [id]);
  return slow;
}

function sameBody(sent: Record<string, unknown>, mine: Record<string, unknown>): boolean {
  return Object.entries(mine).every(([key, value]) => sent[key] === value);
}
