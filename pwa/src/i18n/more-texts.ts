// Words that are fetched with their screens, so that nobody whose alarm is ringing waits for them. A text missing in a language stops the build.
import i18next from "i18next";
import type { Language } from "../core/session-contract";
import { languages, type TextKey } from "./texts";
import { useTexts } from "./use-texts";

/** What a text is called by where it has one form for one and another for more. */
type Counted<Key extends string> = Key extends `${infer Name}_other` ? Name : never;

/** The hook that gives them beside the app's own, as `x`, and whether a key is one of them. */
export function moreTexts<Texts extends Record<string, string>>(all: Record<Language, Texts>) {
  type Key = (keyof Texts & string) | Counted<keyof Texts & string>;
  const add = () => languages.forEach((language) => i18next.addResources(language, "translation", all[language]));
  // Before its start the library has nowhere to put them.
  if (i18next.isInitialized) add();
  else i18next.on("initialized", add);
  const use = () => {
    const words = useTexts();
    // The same keys are in all languages, as the types above say; the app's own list does not know them.
    const x = (key: Key, values: Record<string, string | number> = {}): string => String(words.t(key as unknown as TextKey, values as never));
    return { ...words, x };
  };
  return { use, is: (key: string): key is Key => Object.hasOwn(all.nb, key) || Object.hasOwn(all.nb, `${key}_other`) };
}
