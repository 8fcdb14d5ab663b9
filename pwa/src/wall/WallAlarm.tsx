// One alarm on the wall: what and where, largest; then 112, the roles with those that stand empty, and how many come.
import { ageText } from "../core/age";
import { mayNeedPolice } from "../core/alarm-rules";
import type { AlarmView } from "../core/contract";
import { headCounts } from "../core/wall-rules";
import { useTexts } from "../i18n/use-texts";
import { useNow_ms } from "../io/hooks";
import { longestWord, lookOf, useAlarmWords, useRoleName } from "../safety/words";
import { Shape } from "../ui/shapes";

export function WallAlarm({ alarm }: { alarm: AlarmView }) {
  const { t, clock } = useTexts();
  const words = useAlarmWords(alarm);
  const now_ms = useNow_ms();
  const { coming, there, taken } = headCounts(alarm);
  const shape = alarm.drill ? "flag" : alarm.level === "assist" ? "disc" : "square";
  const counts = [
    coming > 0 && t("coming.count_coming", { count: coming }), taken > 0 && t("coming.count_taken", { count: taken }), there > 0 && t("coming.count_there", { count: there }),
  ].filter(Boolean);
  return (
    <article className={`wall-alarm ${lookOf(alarm)}`}>
      <p className="wall-kind"><Shape name={shape} size={48} /> {words.kind} <span className="number wall-age" role="timer" aria-live="off">{ageText(alarm.opened_at, now_ms)}</span></p>
      {alarm.ended_drill && <p className="wall-real">{t("drill.now_real")}</p>}
      <h1 style={{ "--letters": longestWord(words.where) } as React.CSSProperties}>{words.where}</h1>
      {words.beside && <p className="wall-beside">{words.beside}</p>}
      {words.goToScene && <p className="wall-go"><Shape name="arrow" size={40} /> {words.goToScene}</p>}
      {alarm.called_off
        ? <p className="wall-go">{t("wall.called_off", { time: clock(alarm.called_off.at) })}</p>
        : (
          <>
            {mayNeedPolice(alarm) && <p className="wall-112"><Shape name={alarm.police.called_at ? "tick" : "ring"} size={40} /> {alarm.police.called_at ? t("police.called", { time: clock(alarm.police.called_at) }) : t("police.not_called")}</p>}
            <p className="wall-counts"><Shape name="people" size={40} /> {counts.length > 0 ? counts.join(" · ") : t("coming.nobody")}</p>
            <Roles alarm={alarm} />
          </>
        )}
    </article>
  );
}

function Roles({ alarm }: { alarm: AlarmView }) {
  const { t } = useTexts();
  const roleName = useRoleName();
  return (
    <ul className="wall-roles">
      {alarm.cover.map(({ role, need, have }) => (
        <li key={role} className={have < need ? "lacking" : ""}>
          <Shape name={have < need ? "dashed" : "tick"} size={32} />
          <span>{roleName(role)}</span>
          <strong className="number">{have === 0 ? t("coming.empty") : need > 1 ? t("wall.part", { have, need }) : t("wall.filled")}</strong>
        </li>
      ))}
    </ul>
  );
}
