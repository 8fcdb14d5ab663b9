// After an alarm: whether I am all right; and for those who lead, who wants to talk and who has not said.
import { useState } from "react";
import type { AlarmView } from "../core/contract";
import { useTexts } from "../i18n/use-texts";
import { post, put } from "../io/api";
import { useServices, useValue } from "../io/hooks";
import { useReading } from "../io/use-reading";
import { Shape } from "../ui/shapes";

type Word = "fine" | "talk";
interface Said { person_id: string; name: string; word: Word; at: string; seen_by: string | null }
interface Aftermath { asked: boolean; mine: Word | null; followed_up_by: string | null; hears: string[]; answers: Said[]; waiting: string[] }
interface Wish extends Said { alarm_id: string; office: string }

const pathOf = (alarm_id: string) => `/api/alarms/${encodeURIComponent(alarm_id)}/aftermath`;
const again_ms = 30_000;

/** On the all-clear. Where the server does not answer, the question stands alone. */
export function Afterwards({ alarm }: { alarm: AlarmView }) {
  const { t } = useTexts();
  const { session } = useValue(useServices().session);
  const { value: found, failed: unread, fetchNow } = useReading(pathOf(alarm.id), (raw) => raw as Aftermath, again_ms);
  const [failed, setFailed] = useState(false);
  const say = async (word: Word) => {
    const { ok } = await put(pathOf(alarm.id), { word });
    setFailed(!ok);
    await fetchNow();
  };
  if (alarm.drill || !session || session.tier === "key") return null;
  if (!found) return unread ? <p className="notice">{t("after.title")}</p> : null;
  return (
    <>
      {found.asked && (
        <section className="card stack" aria-label={t("after.title")}>
          <h2>{t("after.title")}</h2>
          {found.mine && <Answered found={found} word={found.mine} />}
          {failed && <p role="alert"><Shape name="triangle" /> {t("after.failed")}</p>}
          {(["fine", "talk"] as const).filter((word) => word !== found.mine).map((word) => (
            <button key={word} type="button" className="button tall wide" onClick={() => void say(word)}>{t(`after.${word}`)}</button>
          ))}
        </section>
      )}
      {(found.answers.length > 0 || found.waiting.length > 0) && <People found={found} />}
    </>
  );
}

function Answered({ found, word }: { found: Aftermath; word: Word }) {
  const { t, language } = useTexts();
  const { hears, followed_up_by: name } = found;
  const names = new Intl.ListFormat(language, { type: "conjunction" }).format(hears);
  const text = name ? t("after.mine_followed", { name }) : hears.length === 0 ? t(`after.said_${word}_nobody`) : t(`after.said_${word}`, { names });
  return <p role="status"><Shape name={word === "fine" ? "tick" : "people"} /> {text}</p>;
}

function People({ found }: { found: Aftermath }) {
  const { t, clock } = useTexts();
  return (
    <section className="card stack" aria-label={t("after.people")}>
      <h2>{t("after.people")}</h2>
      <ul className="stack">
        {found.answers.map((one) => (
          <li key={one.person_id}>
            <Shape name={one.word === "fine" ? "tick" : "people"} /> <strong>{one.name}</strong> – {t(`after.person_${one.word}`, { time: clock(one.at) })}
            {one.word === "talk" && one.seen_by && ` · ${t("after.person_seen", { name: one.seen_by })}`}
          </li>
        ))}
      </ul>
      {found.waiting.length > 0 && <p className="soft"><Shape name="question" /> {t("after.waiting", { names: found.waiting.join(", ") })}</p>}
    </section>
  );
}

/** On the front page of those who lead: a wish to talk stands there until somebody follows it up. */
export function WishesToTalk() {
  const { t, clock } = useTexts();
  const { value: wishes, fetchNow } = useReading("/api/aftermath", (raw) => (raw as { wishes: Wish[] }).wishes, again_ms);
  const [failed, setFailed] = useState(false);
  const follow = async (wish: Wish) => {
    const { ok } = await post(`${pathOf(wish.alarm_id)}/${encodeURIComponent(wish.person_id)}/followed-up`, {});
    setFailed(!ok);
    await fetchNow();
  };
  if (!wishes || wishes.length === 0) return null;
  return (
    <section className="card stack wishes" aria-label={t("after.wishes")}>
      <h2 className="row"><Shape name="people" size={24} /> {t("after.wishes")}</h2>
      {failed && <p role="alert"><Shape name="triangle" /> {t("after.failed")}</p>}
      {wishes.map((one) => (
        <div key={`${one.alarm_id} ${one.person_id}`} className="stack">
          <p><strong>{one.name}</strong> <span className="soft">{t("after.wish_about", { time: clock(one.at) })} · {one.office}</span></p>
          <button type="button" className="button tall wide" onClick={() => void follow(one)}>{t("after.follow_up")}</button>
        </div>
      ))}
    </section>
  );
}
