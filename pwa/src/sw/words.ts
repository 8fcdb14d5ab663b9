// The few words for a push that says nothing readable; everything else comes in the push itself.
export interface PushWords {
  title: string;
  body: string;
}

const words: Record<"nb" | "nn" | "en", PushWords> = {
  nb: { title: "Varde: åpne appen", body: "Det kan være en alarm." },
  nn: { title: "Varde: opne appen", body: "Det kan vere ein alarm." },
  en: { title: "Varde: open the app", body: "There may be an alarm." },
};

export function fallback(language: string): PushWords {
  if (language.startsWith("nn")) return words.nn;
  return language.startsWith("en") ? words.en : words.nb;
}
