// Everything the app knows about alarms, and the rules for what may replace what.
import type { AlarmView, Frame, Sequence, Told } from "./contract";

export interface AlarmBook {
  readonly epoch: string | null;
  readonly seq: Readonly<Sequence>;
  readonly alarms: Readonly<Record<string, AlarmView>>;
}

export const emptyBook: AlarmBook = { epoch: null, seq: {}, alarms: {} };

/** The one way an alarm enters the book: never an older version over a newer one. */
export function withAlarm(book: AlarmBook, alarm: AlarmView): AlarmBook {
  const known = book.alarms[alarm.id];
  if (known && known.version > alarm.version) return book;
  const told = known && known.version === alarm.version ? furtherTold(known.told, alarm.told) : alarm.told;
  return { ...book, alarms: { ...book.alarms, [alarm.id]: { ...alarm, told } } };
}

export function withFrame(book: AlarmBook, frame: Frame): AlarmBook {
  switch (frame.type) {
    case "welcome":
      return frame.snapshot || frame.epoch !== book.epoch
        ? withSnapshot(book, frame)
        : withAlarms(book, frame.alarms, frame.seq);
    case "alarms":
      return withAlarms(book, frame.alarms, frame.seq);
    case "delivery":
      return frame.news.reduce(withTold, book);
    default:
      return book;
  }
}

function withTold(book: AlarmBook, news: { alarm_id: string; told: AlarmView["told"] }): AlarmBook {
  const known = book.alarms[news.alarm_id];
  return known ? { ...book, alarms: { ...book.alarms, [known.id]: { ...known, told: news.told } } } : book;
}

/**
 * Replaces everything. Within one epoch an answer to a tap may have overtaken the snapshot, so the
 * newer view of each alarm is kept; in a new epoch the numbers mean something else and all old ones go.
 */
export function withSnapshot(
  book: AlarmBook,
  snapshot: { epoch: string; seq: Sequence; alarms: readonly AlarmView[] },
): AlarmBook {
  const sameEpoch = book.epoch === snapshot.epoch;
  const start: AlarmBook = { epoch: snapshot.epoch, seq: { ...snapshot.seq }, alarms: {} };
  return snapshot.alarms.reduce((next, alarm) => {
    const known = book.alarms[alarm.id];
    return withAlarm(next, sameEpoch && known && known.version > alarm.version ? known : alarm);
  }, start);
}

/**
 * What was asked for beside the line, and may have been overtaken by it: an alarm that opened meanwhile is not in it, and must not leave
 * the screen for that. Null where the epoch is another: only the line itself can say which of the two is the newer.
 */
export function withFetched(
  book: AlarmBook,
  fetched: { epoch: string; seq: Sequence; alarms: readonly AlarmView[] },
): AlarmBook | null {
  if (book.epoch !== null && book.epoch !== fetched.epoch) return null;
  return isBehind(fetched.seq, book.seq) ? withAlarms(book, fetched.alarms, {}) : withSnapshot(book, fetched);
}

function withAlarms(book: AlarmBook, alarms: readonly AlarmView[], seq: Sequence): AlarmBook {
  return { ...alarms.reduce(withAlarm, book), seq: furthest(book.seq, seq) };
}

/** A repeated or overtaken frame must not move the cursor back, or the same gap is asked for again and again. */
export function furthest(one: Sequence, other: Sequence): Sequence {
  const result: Sequence = { ...one };
  for (const [office, number] of Object.entries(other)) result[office] = Math.max(result[office] ?? number, number);
  return result;
}

export function isBehind(mine: Sequence, theirs: Sequence): boolean {
  return Object.entries(theirs).some(([office, number]) => (mine[office] ?? 0) < number);
}

function furtherTold(one: Told, other: Told): Told {
  const progress = (told: Told) => told.count + told.reached + told.seen + told.failed;
  return progress(one) > progress(other) ? one : other;
}
