// Reads aloud, where the device can: one thing at a time, and silent at once when it is told to be.
import type { Language } from "../core/session-contract";

/** Norwegian voices call themselves by several names; a voice that speaks another language would be worse than none. */
const spoken: Record<Language, readonly string[]> = { nb: ["nb", "no", "nn"], nn: ["nn", "nb", "no"], en: ["en"] };
const a_little_slower = 0.95;

export function voiceFor(language: Language): SpeechSynthesisVoice | null {
  const voices = typeof speechSynthesis === "undefined" ? [] : speechSynthesis.getVoices();
  for (const code of spoken[language]) {
    const fitting = voices.filter((voice) => voice.lang.toLowerCase().split(/[-_]/)[0] === code);
    // One that speaks on the device itself sends nothing of the card to anybody, and works off line.
    const own = fitting.find((voice) => voice.localService);
    if (own) return own;
  }
  return null;
}

/** Calls back when the voices become known: most browsers load them after the page. */
export function watchVoices(changed: () => void): () => void {
  if (typeof speechSynthesis === "undefined") return () => undefined;
  speechSynthesis.addEventListener?.("voiceschanged", changed);
  return () => speechSynthesis.removeEventListener?.("voiceschanged", changed);
}

/** Sentence by sentence: browsers cut a long utterance off. `done` comes once, at the end or when it could not be read. */
export function readAloud(sentences: readonly string[], language: Language, done: () => void): void {
  beSilent();
  const voice = voiceFor(language);
  if (!voice || sentences.length === 0) return done();
  sentences.forEach((sentence, index) => {
    const said = new SpeechSynthesisUtterance(sentence);
    said.voice = voice;
    said.lang = voice.lang;
    said.rate = a_little_slower;
    if (index === sentences.length - 1) said.onend = done;
    said.onerror = done;
    speechSynthesis.speak(said);
  });
}

export function beSilent(): void {
  if (typeof speechSynthesis !== "undefined") speechSynthesis.cancel();
}
