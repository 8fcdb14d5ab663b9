// The app's words in three languages; a text missing in one of them stops the build.
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import type { Language, Translated } from "../core/session-contract";
import en from "./en.json";
import nb from "./nb.json";
import nn from "./nn.json";

export type TextKey = keyof typeof nb;
type Texts = Record<TextKey, string>;

declare module "i18next" {
  interface CustomTypeOptions {
    resources: { translation: typeof nb };
    keySeparator: false;
    nsSeparator: false;
  }
}

export const texts = { nb, nn, en } satisfies Record<Language, Texts>;
export const languages: readonly Language[] = ["nb", "nn", "en"];
const remembered = "varde.language";

export async function startTexts(): Promise<void> {
  await i18next.use(initReactI18next).init({
    resources: { nb: { translation: nb }, nn: { translation: nn }, en: { translation: en } },
    lng: chosenLanguage() ?? "nb",
    fallbackLng: "nb",
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false },
    initAsync: false,
  });
  markPage();
  i18next.on("languageChanged", markPage);
}

export function currentLanguage(): Language {
  return (languages as readonly string[]).includes(i18next.language) ? (i18next.language as Language) : "nb";
}

export function chooseLanguage(language: Language): void {
  remember(language);
  void i18next.changeLanguage(language);
}

/** The person's own language, unless somebody has chosen another one on this device. */
export function suggestLanguage(language: Language): void {
  if (chosenLanguage() === null && languages.includes(language)) void i18next.changeLanguage(language);
}

/** Content has all three languages; an empty one must not become an empty step on a card. */
export function inLanguage(text: Translated | undefined, language: Language): string {
  return text?.[language] || text?.nb || text?.nn || text?.en || "";
}

export function isText(key: string): key is TextKey {
  return Object.hasOwn(nb, key);
}

/** What to do about a tap that was refused: on an alarm, or by the rules of the visit that an alarm is about. */
export function refusalKey(reason: string | null): TextKey {
  const known = [`refused.${reason ?? ""}`, `visit.refused_${reason ?? ""}`].find(isText);
  return known ?? "refused.unknown";
}

function markPage(): void {
  document.documentElement.lang = currentLanguage();
}

function chosenLanguage(): Language | null {
  try {
    const value = localStorage.getItem(remembered);
    return languages.find((language) => language === value) ?? null;
  } catch {
    return null;
  }
}

function remember(language: Language): void {
  try {
    localStorage.setItem(remembered, language);
  } catch {
    // A browser without storage asks again next time.
  }
}
