// A notice on the computer of an alarm that came while another program was in front. Where push reaches this browser, push says it.
import { mustBeDiscreet, openOnes, placeOf } from "../core/alarm-rules";
import type { AlarmView } from "../core/contract";
import { NOTICE_ICON } from "../core/notice-icons";
import type { Services } from "./services";

/** The words, by what the alarm is; they name neither place nor person, since a notice lies on top of everything. */
export type NoticeWords = (alarm: AlarmView) => { title: string; body: string; lang: string };

/** Looks at once too: what came before this was loaded, in a tab that nobody looks at, is as new to whoever sits there. */
export function watchForNotices(services: Services, words: NoticeWords): () => void {
  const known = new Set<string>();
  const look = () => {
    const { session } = services.session.get();
    if (!session || session.surface === "wallboard") return;
    const { alarms } = services.book.get();
    const fresh = openOnes(alarms).filter((alarm) => !known.has(alarm.id));
    for (const id of Object.keys(alarms)) known.add(id);
    for (const alarm of fresh) if (!mustBeDiscreet(alarm, placeOf(session)) && !alarm.me.is_presser) void notify(services, alarm, words);
    for (const alarm of Object.values(alarms)) if (!openOnes({ [alarm.id]: alarm }).length) void clear(alarm.id);
  };
  look();
  return services.book.watch(look);
}

const tagOf = (alarm_id: string) => `desk-${alarm_id}`;

async function notify(services: Services, alarm: AlarmView, words: NoticeWords): Promise<void> {
  if (document.visibilityState === "visible" || !("Notification" in window) || Notification.permission !== "granted") return;
  if (services.phone.facts.get()?.subscribed) return;
  const { title, body, lang } = words(alarm);
  const registration = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
  const data = { navigate: `/i/${alarm.id}`, tag: tagOf(alarm.id), lang, drill: alarm.drill !== null, answer: null };
  await registration?.showNotification(title, { body, lang, tag: tagOf(alarm.id), icon: NOTICE_ICON, requireInteraction: true, data });
}

async function clear(alarm_id: string): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
  for (const one of (await registration?.getNotifications({ tag: tagOf(alarm_id) })) ?? []) one.close();
}
