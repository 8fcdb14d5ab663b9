// What this computer can do for the desk beside showing it: a small window, sound, notices, and a USB button.
import { useState } from "react";
import { useTexts } from "../i18n/use-texts";
import { helpAddress } from "../io/help-address";
import { useServices, useTick_ms, useValue } from "../io/hooks";
import type { UsbState } from "../io/usb-button";
import { Shape, type ShapeName } from "../ui/shapes";

export function ThisMachine() {
  const { t } = useTexts();
  return (
    <section className="card stack machine" aria-labelledby="this-machine">
      <h2 id="this-machine">{t("machine.title")}</h2>
      <ul>
        <SmallWindow />
        <SoundLine />
        <Notices />
        <Usb />
        <Shortcut />
      </ul>
    </section>
  );
}

function Line({ shape, name, text, children, loud = false }: { shape: ShapeName; name: string; text: string; children?: React.ReactNode; loud?: boolean }) {
  return (
    <li className={loud ? "machine-line loud" : "machine-line"} role={loud ? "alert" : undefined}>
      <Shape name={shape} size={22} />
      <div><strong>{name}</strong><p>{text}</p></div>
      {children && <div className="row">{children}</div>}
    </li>
  );
}

function SmallWindow() {
  const { t } = useTexts();
  const { mini } = useServices();
  const state = useValue(mini.state);
  const open = state.name === "open";
  const text = open ? t(state.floats ? "machine.mini_floats" : "machine.mini_popup") : t(state.failed ? "machine.mini_blocked" : "machine.mini_text");
  return (
    <Line shape={open ? "tick" : "ring"} name={t("machine.mini")} text={text}>
      {open
        ? <button type="button" className="button" onClick={() => mini.close()}>{t("machine.mini_close")}</button>
        : <button type="button" className="button" onClick={() => void mini.open()}>{t("machine.mini_open")}</button>}
    </Line>
  );
}

function SoundLine() {
  const { t, language } = useTexts();
  const { sound } = useServices();
  useTick_ms();
  const on = sound.isUnlocked();
  return (
    <Line shape={on ? "tick" : "triangle"} name={t("machine.sound")} text={t(on ? "machine.sound_on" : "machine.sound_off")}>
      <button type="button" className="button" onClick={() => void sound.taste(language)}>{t("machine.sound_test")}</button>
    </Line>
  );
}

function Notices() {
  const { t } = useTexts();
  const { phone } = useServices();
  useValue(phone.facts); // told anew when the permission is changed in the browser's settings
  const permission = "Notification" in window ? Notification.permission : null;
  if (permission === null) return <Line shape="cross" name={t("machine.notices")} text={t("machine.notices_unable")} />;
  const ask = () => phone.allow();
  return (
    <Line shape={permission === "granted" ? "tick" : "triangle"} name={t("machine.notices")} text={t(`machine.notices_${permission}`)}>
      {permission === "default" && <button type="button" className="button" onClick={() => void ask()}>{t("machine.notices_allow")}</button>}
    </Line>
  );
}

const usbShapes: Record<UsbState["name"], ShapeName> = {
  unable: "cross", none: "ring", listening: "clock", press_now: "arrow", press_again: "arrow", ready: "tick", testing: "arrow", not_heard: "question", lost: "triangle",
};

function Usb() {
  const { t, clock } = useTexts();
  const { usb } = useServices();
  const { name, product, tested_ms } = useValue(usb.state);
  const teaching = name === "listening" || name === "press_now" || name === "press_again";
  const time = tested_ms === null ? null : clock(new Date(tested_ms).toISOString());
  const text = name === "ready" && time ? t("machine.usb_tested", { product, time }) : t(`machine.usb_${name}`, { product });
  return (
    <Line shape={usbShapes[name]} name={t("machine.usb")} text={text} loud={name === "lost" || name === "not_heard"}>
      {(name === "none" || name === "not_heard" || name === "lost") && <button type="button" className="button" onClick={() => void usb.choose()}>{t("machine.usb_choose")}</button>}
      {name === "ready" && <button type="button" className="button" onClick={() => usb.test()}>{t("machine.usb_test")}</button>}
      {name === "ready" && <button type="button" className="button" onClick={() => usb.teach()}>{t("machine.usb_teach")}</button>}
      {(name === "ready" || name === "lost") && <button type="button" className="button quiet" onClick={() => void usb.forget()}>{t("machine.usb_forget")}</button>}
      {(teaching || name === "testing") && <button type="button" className="button" onClick={() => usb.stop()}>{t("app.cancel")}</button>}
    </Line>
  );
}

function Shortcut() {
  const { t } = useTexts();
  const [copied, setCopied] = useState(false);
  const copy = () => void navigator.clipboard.writeText(helpAddress()).then(() => setCopied(true), () => setCopied(false));
  return (
    <Line shape="arrow" name={t("machine.shortcut")} text={t("machine.shortcut_text")}>
      <button type="button" className="button" onClick={copy}>{t(copied ? "machine.shortcut_copied" : "machine.shortcut_copy")}</button>
    </Line>
  );
}
