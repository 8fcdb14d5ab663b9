// What works for whoever has a desk whichever page is open: the small window, the USB button, the notice of an alarm in the background.
import { useEffect } from "react";
import { useLocation } from "wouter";
import { useTexts } from "../i18n/use-texts";
import { watchForNotices } from "../io/desk-notice";
import { cameForHelp, help_path } from "../io/help-address";
import { useServices, useSession, useValue } from "../io/hooks";
import { MiniHost } from "./MiniHost";
import { useDeskOffice, useDeskPress } from "./use-desk";

export default function BesideTheDesk() {
  const services = useServices();
  const session = useSession();
  const { t, clock, language } = useTexts();
  const { chosen } = useDeskOffice();
  const { send } = useDeskPress(chosen);
  const { name: usb } = useValue(services.usb.state);
  useEffect(() => {
    services.usb.onPress = send;
    return () => void (services.usb.onPress = () => undefined);
  });
  const [path, go] = useLocation();
  useEffect(() => {
    if (path !== help_path) return;
    if (cameForHelp()) services.sos.step({ name: "tap" }, send);
    go(session.surface === "phone" ? "/desk" : "/", { replace: true });
  }, [path]);
  useEffect(() => watchForNotices(services, (alarm) => ({
    title: t(alarm.drill ? "notice.drill" : `notice.${alarm.level}`, { time: clock(alarm.opened_at) }), body: t("notice.body"), lang: language,
  })), [services, language]);
  return (
    <>
      {usb === "lost" && <p role="alert" className="notice amber usb-lost">{t("machine.usb_gone")}</p>}
      <MiniHost />
    </>
  );
}
