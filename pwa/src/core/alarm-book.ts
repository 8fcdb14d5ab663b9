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
    case "delivery": {
      const known = book.alarms[frame.alarm_id];
      return known ? { ...book, alarms: { ...book.alarms, [known.id]: { ...known, told: frame.told } } } : book;
    }
    default:
      return book;
  }
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
