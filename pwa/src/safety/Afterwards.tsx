// After an alarm: whether I am all right; and for those who lead, who wants to talk and who has not said.
import { useRef, useState } from "react";
import { isOpen, placeOf, visitorsReadAlong } from "../core/alarm-rules";
import { listText } from "../core/age";
import type { AlarmView } from "../core/contract";
import { mayLead } from "../core/session-contract";
import { useTexts } from "../i18n/use-texts";
import { post, put } from "../io/api";
import { useAlarms, useServices, useSession, useValue } from "../io/hooks";
import { useReading } from "../io/use-reading";
import { Shape } from "../ui/shapes";

type Word = "fine" | "talk";
interface Said { person_id: string; name: string; word: Word; at: string; seen_by: string | null }
interface Aftermath { asked: boolean; mine: Word | null; followed_up_by: string | null; hears: string[]; answers: Said[]; waiting: string[] }
interface Question { alarm_id: string; at: string }
interface Wish extends Said { alarm_id: string; office: string }
interface Unsettled { questions: Question[]; wishes: Wish[] }

const pathOf = (alarm_id: string) => `/api/alarms/${encodeURIComponent(alarm_id)}/aftermath`;
const again_ms = 30_000;
/** For those who wait for nothing: what ends is read at once. */
const calm_ms = 600_000;

/** On the all-clear. Where the server does not answer, the question stands alone. */
export function Afterwards({ alarm }: { alarm: AlarmView }) {
  const { t } = useTexts();
  const { session } = useValue(useServices().session);
  const { found, unread, ...answering } = useAftermath(alarm.id);
  if (alarm.drill || !session || session.tier === "key") return null;
  if (!found) return unread ? <p className="notice">{t("after.title")}</p> : null;
  return (
    <>
      {found.asked && <Asked found={found} {...answering} />}
      {(found.answers.length > 0 || found.waiting.length > 0) && <People found={found} />}
    </>
  );
}

function useAftermath(alarm_id: string) {
  const { value: found, failed: unread, fetchNow } = useReading(pathOf(alarm_id), (raw) => raw as Aftermath, again_ms);
  const { sending, failed, send } = useSending<Word>(fetchNow);
  const say = (word: Word) => send(word, () => put(pathOf(alarm_id), { word }, true));
  return { found, unread, sending, failed, say };
}

/** What is on its way, seen from the tap on until what it has changed has been read, or until it has failed. A tap meanwhile waits for the one before. */
function useSending<What>(fetchNow: () => Promise<void>) {
  const [sending, setSending] = useState<readonly What[]>([]);
  const [failed, setFailed] = useState(false);
  const line = useRef(sending);
  const before = useRef(Promise.resolve());
  const stand = (next: readonly What[]) => setSending((line.current = next));
  const carry = async (what: What, ask: () => Promise<{ ok: boolean }>) => {
    try {
      const { ok } = await ask();
      setFailed(!ok);
      if (ok) await fetchNow();
    } finally {
      stand(line.current.filter((one) => one !== what));
    }
  };
  const send = (what: What, ask: () => Promise<{ ok: boolean }>) => {
    if (line.current.includes(what)) return;
    stand([...line.current, what]);
    // the first goes in the tap itself: the page may be closed in the next moment
    before.current = line.current.length === 1 ? carry(what, ask) : before.current.catch(() => undefined).then(() => carry(what, ask));
  };
  return { sending, failed, send };
}

/** Answers the thumb at once. */
function SayButton({ sending, children, onTap }: { sending: boolean; children: string; onTap: () => void }) {
  const { t } = useTexts();
  return (
    <button type="button" className="button tall wide" aria-disabled={sending || undefined} onClick={onTap}>
      {sending && <Shape name="dashed" size={24} />}
      <span>{sending ? t("answer.sending") : children}</span>
    </button>
  );
}

interface AskedProps {
  found: Aftermath;
  sending: readonly Word[];
  failed: boolean;
  say: (word: Word) => void;
  /** When the alarm was, where nothing else on the page says so. */
  at?: string;
  onDone?: () => void;
}

function Asked({ found, sending, failed, say, at, onDone }: AskedProps) {
  const { t, clock } = useTexts();
  return (
    <section className="card stack" aria-label={t("after.title")}>
      <div>
        <h2>{t("after.title")}</h2>
        {at && <p className="soft">{t("after.about", { time: clock(at) })}</p>}
      </div>
      {found.mine && <Answered found={found} word={found.mine} />}
      {failed && <p role="alert"><Shape name="triangle" /> {t("after.failed")}</p>}
      {(["fine", "talk"] as const).filter((word) => word !== found.mine).map((word) => (
        <SayButton key={word} sending={sending.includes(word)} onTap={() => say(word)}>{t(`after.${word}`)}</SayButton>
      ))}
      {onDone && found.mine && <button type="button" className="button filled tall wide" onClick={onDone}>{t("clear.done")}</button>}
    </section>
  );
}

function Answered({ found, word }: { found: Aftermath; word: Word }) {
  const { t, language } = useTexts();
  const { hears, followed_up_by: name } = found;
  const names = listText(hears, language);
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

/** On the front page: whoever was there is asked how they are, for they are shown no all-clear; and those who lead see who wants to talk. */
export function AfterAlarms() {
  const session = useSession();
  const { all } = useAlarms();
  const over = Object.values(all).filter((alarm) => !isOpen(alarm) && !alarm.drill && (alarm.me.is_presser || alarm.me.near)).map((alarm) => alarm.id).sort().join();
  const { value, fetchNow } = useReading("/api/aftermath", (raw) => raw as Unsettled, mayLead(session) ? again_ms : calm_ms, over);
  const [shown, setShown] = useState<readonly Question[]>([]);
  const [done, setDone] = useState<ReadonlySet<string>>(new Set());
  // What has been answered stands there until its reader has read who hears of it.
  const fresh = value?.questions.filter((one) => !shown.some((known) => known.alarm_id === one.alarm_id)) ?? [];
  if (fresh.length > 0) setShown([...shown, ...fresh]);
  return (
    <>
      {shown.filter((one) => !done.has(one.alarm_id)).map((one) => (
        <HowAreYou key={one.alarm_id} question={one} onDone={() => setDone(new Set([...done, one.alarm_id]))} />
      ))}
      {value && value.wishes.length > 0 && !visitorsReadAlong(placeOf(session)) && <WishesToTalk wishes={value.wishes} fetchNow={fetchNow} />}
    </>
  );
}

function HowAreYou({ question, onDone }: { question: Question; onDone: () => void }) {
  const { found, unread: _, ...answering } = useAftermath(question.alarm_id);
  return found && <Asked found={found} {...answering} at={question.at} onDone={onDone} />;
}

const keyOf = (wish: Wish) => `${wish.alarm_id} ${wish.person_id}`;

/** A wish to talk stands there until somebody follows it up. */
function WishesToTalk({ wishes, fetchNow }: { wishes: Wish[]; fetchNow: () => Promise<void> }) {
  const { t, clock } = useTexts();
  const { sending, failed, send } = useSending<string>(fetchNow);
  const follow = (wish: Wish) => send(keyOf(wish), () => post(`${pathOf(wish.alarm_id)}/${encodeURIComponent(wish.person_id)}/followed-up`, {}));
  return (
    <section className="card stack wishes" aria-label={t("after.wishes")}>
      <h2 className="row"><Shape name="people" size={24} /> {t("after.wishes")}</h2>
      {failed && <p role="alert"><Shape name="triangle" /> {t("after.failed")}</p>}
      {wishes.map((one) => (
        <div key={keyOf(one)} className="stack">
          <p><strong>{one.name}</strong> <span className="soft">{t("after.wish_about", { time: clock(one.at) })} · {one.office}</span></p>
          <SayButton sending={sending.includes(keyOf(one))} onTap={() => follow(one)}>{t("after.follow_up")}</SayButton>
        </div>
      ))}
    </section>
  );
}
