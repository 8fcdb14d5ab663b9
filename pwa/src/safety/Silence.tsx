// Stops the sound of this room: the alarm itself goes on, and is heard again at its next press.
import { soundKey } from "../core/alarm-rules";
import { useTexts } from "../i18n/use-texts";
import { useServices, useTone, useValue } from "../io/hooks";
import { Shape } from "../ui/shapes";

export function Silence() {
  const { t } = useTexts();
  const { silenced, book } = useServices();
  const { alarms } = useValue(book);
  if (!useTone()) return null;
  const stop = () => silenced.set(new Set([...silenced.get(), ...Object.values(alarms).map(soundKey)]));
  return <button type="button" className="button tall" onClick={stop}><Shape name="cross" /> {t("machine.silence")}</button>;
}
