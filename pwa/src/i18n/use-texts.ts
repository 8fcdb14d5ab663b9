// The words for a component: texts by key, content by language, times as the office's clock.
import { useTranslation } from "react-i18next";
import { clockText } from "../core/age";
import type { Language, Translated } from "../core/session-contract";
import { currentLanguage, inLanguage } from "./texts";

export function useTexts() {
  const { t } = useTranslation();
  const language: Language = currentLanguage();
  return {
    t,
    language,
    say: (text: Translated | undefined) => inLanguage(text, language),
    clock: (at: string | null, seconds = false) => clockText(at, language, seconds),
  };
}
