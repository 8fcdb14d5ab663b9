// It is over: how it ended, who said so, and a question to the one who reads it.
import { Link } from "wouter";
import type { AlarmView } from "../core/contract";
import { isText } from "../i18n/texts";
import { useTexts } from "../i18n/use-texts";
import { Shape } from "../ui/shapes";
import { Afterwards } from "./Afterwards";
import { useAlarmWords } from "./words";

/** The opposite of an all-clear: nobody may stand down. The route goes on to the real alarm by itself; this stands where it cannot. */
function BecameReal({ alarm, real_id }: { alarm: AlarmView; real_id: string }) {
  const { t, clock } = useTexts();
  const by = alarm.outcome?.by;
  return (
    <main className="all-clear page-main stack" role="alert">
      <p className="real-plate">{t("drill.now_real")}</p>
      <h1>{t("drill.became_real")}</h1>
      {by && <p>{t("drill.said_by", { name: by, time: clock(alarm.outcome?.at ?? null) })}</p>}
      <Link className="button danger tall wide" href={`/i/${real_id}`}>{t("drill.see_real")}</Link>
    </main>
  );
}

export function AllClear({ alarm, onDone }: { alarm: AlarmView; onDone?: (() => void) | undefined }) {
  const { t, clock } = useTexts();
  const words = useAlarmWords(alarm);
  const title = alarm.drill ? t("clear.drill") : t(alarm.state === "CANCELLED" ? "clear.cancelled" : "clear.title");
  const key = `ending.${alarm.outcome?.outcome ?? ""}`;
  const outcome = isText(key) ? t(key as "ending.handled") : "";
  if (alarm.outcome?.alarm_id) return <BecameReal alarm={alarm} real_id={alarm.outcome.alarm_id} />;
  return (
    <main className="all-clear page-main stack">
      {alarm.drill && <p className="drill-plate">{t("alarm.drill")}</p>}
      <p className="all-clear-mark"><Shape name="tick" size={48} /></p>
      <h1>{title}</h1>
      <p className="all-clear-where">{[words.where, words.beside].filter(Boolean).join(" · ")}</p>
      {alarm.outcome && <p>{t("clear.by", { outcome, time: clock(alarm.outcome.at), name: alarm.outcome.by ?? t("log.system") })}</p>}
      <Afterwards alarm={alarm} />
      {onDone && <button type="button" className="button filled tall wide" onClick={onDone}>{t("clear.done")}</button>}
      <Link className="button tall wide" href={`/log/${alarm.id}`}>{t("clear.see_log")}</Link>
    </main>
  );
}
