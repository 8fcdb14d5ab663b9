// What the desk's page and its small window both show: which office, its light, and the soft button with what it has set in motion.
import { isOpen, mayBeIn, mustBeDiscreet, placeOf } from "../core/alarm-rules";
import { lightOf, unheard } from "../core/light";
import { useAlarms, useServices, useSession, useTick_ms, useValue } from "../io/hooks";

export function useDeskOffice() {
  const services = useServices();
  const session = useSession();
  const offices = session.offices.filter((office) => office.access.some((one) => one !== "worker" && one !== "responder"));
  const choices = offices.length > 0 ? offices : session.offices;
  const wanted = useValue(services.deskOffice);
  const chosen = choices.find((office) => office.id === wanted)?.id ?? choices[0]?.id ?? "";
  return { choices, chosen, choose: (id: string) => services.deskOffice.set(id) };
}

export function useDesk() {
  const services = useServices();
  const session = useSession();
  const office = useDeskOffice();
  const { open } = useAlarms();
  const now = useValue(services.offices)[office.chosen] ?? null;
  const line = useValue(services.line);
  const usb = useValue(services.usb.state);
  const unread = useValue(services.unread);
  const tick_ms = useTick_ms();
  const place = placeOf(session);
  const alarms = open.filter((alarm) => mayBeIn(alarm, office.chosen));
  const discreet = alarms.filter((alarm) => mustBeDiscreet(alarm, place));
  const light = lightOf({ heard_ms: line.heard_ms, now_ms: tick_ms, now, alarms, place, usb_lost: usb.name === "lost", unread });
  return { ...office, session, now: now && light.state === "unknown" ? unheard(now) : now, discreet, shown: alarms.filter((alarm) => !discreet.includes(alarm)), light };
}

/** The soft button, and the alarm of this desk that it or a USB button has raised. */
export function useDeskPress(office_id: string) {
  const { outbox } = useServices();
  const session = useSession();
  const { all } = useAlarms();
  const cry = useValue(outbox.taps).findLast((one) => one.tap.kind === "signal" && one.tap.body["office_id"] === office_id) ?? null;
  const own = cry?.receipt?.alarm_id ? (all[cry.receipt.alarm_id] ?? null) : null;
  const alarm = own ?? Object.values(all).find((one) => isOpen(one) && mayBeIn(one, office_id) && one.me.is_presser) ?? null;
  const send = () => void outbox.signal({ kind: "panic", office_id: office_id || null, zone_id: session.zone_id });
  return { cry, alarm, send };
}
