// What must not be overlooked: may be over, do not ring, and that somebody has seen them.
import { isOpen } from "../core/alarm-rules";
import type { AlarmView } from "../core/contract";
import { useTexts } from "../i18n/use-texts";
import { Shape } from "../ui/shapes";
import { useAlarmWords } from "./words";

export function Warnings({ alarm }: { alarm: AlarmView }) {
  const { t, clock } = useTexts();
  const { ringPresser } = useAlarmWords(alarm);
  const { called_off: off, confirmed } = alarm;
  const seen = confirmed && { name: confirmed.by ?? t("log.system"), time: clock(confirmed.at) };
  return (
    <div className="warnings" aria-live="polite">
      {alarm.duress && (
        <p className="notice do-not-ring"><strong><Shape name="cross" /> {t("warn.duress")}</strong></p>
      )}
      {off && !confirmed && isOpen(alarm) && (
        <div className="notice amber">
          <strong>{t("warn.may_be_over")}</strong>
          <span>{off.by ? t("warn.called_off_by", { time: clock(off.at), name: off.by }) : t("warn.called_off", { time: clock(off.at) })}</span>
        </div>
      )}
      {!alarm.duress && alarm.ring_presser === "never" && isOpen(alarm) && !alarm.confirmed && (
        <div className="notice do-not-ring">
          <strong><Shape name="cross" /> {t("warn.do_not_ring")}</strong>
          {ringPresser && <span>{ringPresser}</span>}
        </div>
      )}
      {seen && (
        <p className="notice"><strong>
          <Shape name="tick" /> {confirmed?.how === "heard" ? t("warn.confirmed_heard", seen) : t("warn.confirmed_seen", seen)}
        </strong></p>
      )}
    </div>
  );
}
