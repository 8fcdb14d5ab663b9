// The card read aloud, for eyes that are busy or cannot read; never where a voice could be heard by the wrong one.
import { useEffect, useState } from "react";
import { mayBeReadAloud } from "../core/alarm-rules";
import type { AlarmView } from "../core/contract";
import { useTexts } from "../i18n/use-texts";
import { beSilent, readAloud, voiceFor, watchVoices } from "../io/speech";
import { Shape } from "../ui/shapes";

export function ReadAloud({ alarm, sentences }: { alarm: AlarmView; sentences: readonly string[] }) {
  const { t, language } = useTexts();
  const [able, setAble] = useState(() => voiceFor(language) !== null);
  const [reading, setReading] = useState(false);
  const allowed = mayBeReadAloud(alarm);
  useEffect(() => {
    const look = () => setAble(voiceFor(language) !== null);
    look();
    return watchVoices(look);
  }, [language]);
  // Gone from the screen, changed under it, or no longer allowed: whatever is being said stops in the middle of the word.
  const whole = sentences.join("\n");
  useEffect(() => () => {
    beSilent();
    setReading(false);
  }, [allowed, whole, language]);
  useEffect(() => {
    const hidden = () => document.visibilityState === "hidden" && beSilent();
    document.addEventListener("visibilitychange", hidden);
    return () => document.removeEventListener("visibilitychange", hidden);
  }, []);
  if (!allowed || !able) return null;
  const toggle = () => {
    if (reading) beSilent();
    else readAloud(sentences, language, () => setReading(false));
    setReading(!reading);
  };
  return (
    <button type="button" className="button" aria-pressed={reading} onClick={toggle}>
      <Shape name={reading ? "square" : "speaker"} /> {t(reading ? "aloud.stop" : "aloud.read")}
    </button>
  );
}
