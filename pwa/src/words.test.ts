// Promises about the words that are fetched with their screens: the same ones in three languages, each in its own.
import { beforeAll, expect, test } from "vitest";
import i18next from "i18next";
import { drillTexts, isDrillText } from "./drill/texts";
import { startTexts } from "./i18n/texts";
import { doorTexts } from "./session/texts";

const placeholders = (text: string) => [...text.matchAll(/{{\s*(\w+)\s*}}/g)].map((match) => match[1]).sort().join();
const rooms: [string, Record<"nb" | "nn" | "en", Record<string, string>>][] = [["drills", drillTexts], ["the way in", doorTexts]];

beforeAll(() => startTexts());

test.each(rooms)("%s: nynorsk and English have the texts that bokmål has, with the same values", (_, texts) => {
  for (const language of ["nn", "en"] as const) {
    expect(Object.keys(texts[language])).toEqual(Object.keys(texts.nb));
    expect(Object.entries(texts.nb).filter(([key, text]) => placeholders(text) !== placeholders(texts[language][key] ?? ""))).toEqual([]);
  }
});

test.each(rooms)("%s: nynorsk is nynorsk, and no text is empty or shouts with exclamation marks", (_, texts) => {
  expect(Object.values(texts.nn).filter((text) => /\b(ikke|jeg|hvem|hvor|noen|kommer|øvelse|øvelsen|varslet|fra|ble|bare|kun|deres|mye)\b/i.test(text))).toEqual([]);
  expect(Object.values(texts).flatMap((one) => Object.values(one)).filter((text) => text.trim() === "" || text.includes("!"))).toEqual([]);
});

test.each([["nb", "1 minutt", "2 minutter"], ["nn", "1 minutt", "2 minutt"], ["en", "1 minute", "2 minutes"]])("%s: one is said as one, and more as more", (language, one, two) => {
  const said = (key: string, count: number) => String(i18next.getFixedT(language)(key as never, { count } as never));
  expect([said("ex.minutes", 1), said("ex.minutes", 2)]).toEqual([one, two]);
  for (const key of ["ex.problems", "ex.clash_visit_out"]) {
    expect(said(key, 1)).not.toBe(said(key, 2).replace("2", "1"));
    expect(said(key, 1)).toMatch(/^(Én|Éin|One) /);
    expect(isDrillText(key)).toBe(true);
  }
});

test.each([["nb", "Planlagt slutt 10:30"], ["nn", "Planlagd slutt 10:30"], ["en", "Planned end 10:30"]])("%s: when a drill should end is not called when it ends itself, which is a quarter of an hour later", (language, text) => {
  expect(i18next.getFixedT(language)("ex.over_at" as never, { time: "10:30" } as never)).toBe(text);
});
