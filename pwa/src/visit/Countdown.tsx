// How long until somebody must have been heard of: large, in words, and the same for the worker and for whoever watches.
import { left_s, nearness, spanText } from "../core/visit-rules";
import type { VisitView } from "../core/visit-contract";
import { useTexts } from "../i18n/use-texts";
import { useNow_ms } from "../io/hooks";
import { Shape } from "../ui/shapes";

export function Countdown({ visit }: { visit: VisitView }) {
  const { t, clock } = useTexts();
  const now_ms = useNow_ms();
  const left = left_s(visit, now_ms);
  const how = nearness(visit, now_ms);
  if (left === null) return null;
  // The server's word that it is late holds; a phone whose clock is behind must not count down to it.
  const seconds = how === "late" ? Math.min(left, 0) : left;
  const label = how === "late" ? t("visit.late_by") : t(visit.why === "end" ? "visit.left_to_end" : "visit.left_to_check_in");
  return (
    <div className={`countdown ${how}`}>
      <p className="countdown-label"><Shape name={how === "calm" ? "clock" : how === "soon" ? "triangle" : "square"} size={22} /> {label}</p>
      <p className="countdown-time number" role="timer" aria-live="off">{spanText(seconds)}</p>
      <p className="countdown-at">{t(visit.why === "no_coverage" ? "visit.no_coverage_until" : "visit.deadline_at", { time: clock(visit.deadline_at) })}</p>
    </div>
  );
}
