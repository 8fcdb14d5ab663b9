// One line, always there: would an alarm reach this screen, and when was the server last heard.
import type { Connection } from "../core/connection";
import { useTexts } from "../i18n/use-texts";
import { useConnection, useServices, useTick_ms } from "../io/hooks";
import { Shape, type ShapeName } from "./shapes";

const shapes: Record<Connection, ShapeName> = { connected: "disc", connecting: "dashed", unknown: "question" };

const wrong_clock_ms = 60_000;

/** Times on the screen are the server's; the phone's own clock, and its alarms and calendar, are not. */
export function ClockWarning() {
  const { t } = useTexts();
  const { clock } = useServices();
  useTick_ms();
  const skew_ms = Math.abs(clock.skew_ms());
  return skew_ms > wrong_clock_ms ? <p className="notice" role="status">{t("line.clock_wrong", { seconds: Math.round(skew_ms / 1000) })}</p> : null;
}

export function ConnectionLine() {
  const { t, clock } = useTexts();
  const { connection, heard_ms } = useConnection();
  const { clock: server } = useServices();
  // By the server's clock: a phone whose own is wrong must not make what it shows look newer than it is.
  const heard = heard_ms === null ? null : new Date(server.now_ms(heard_ms)).toISOString();
  return (
    <span className={`line ${connection}`}>
      <Shape name={shapes[connection]} size={16} />
      <span>
        <strong>{t(`line.${connection}`)}</strong>
        {" · "}
        <span className="number">{heard ? t("line.heard", { time: clock(heard, true) }) : t("line.never")}</span>
      </span>
    </span>
  );
}
