// One line, always there: would an alarm reach this screen, and when was the server last heard.
import type { Connection } from "../core/connection";
import { useTexts } from "../i18n/use-texts";
import { useConnection } from "../io/hooks";
import { Shape, type ShapeName } from "./shapes";

const shapes: Record<Connection, ShapeName> = { connected: "disc", connecting: "dashed", unknown: "question" };

export function ConnectionLine() {
  const { t, clock } = useTexts();
  const { connection, heard_ms } = useConnection();
  const heard = heard_ms === null ? null : new Date(heard_ms).toISOString();
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
