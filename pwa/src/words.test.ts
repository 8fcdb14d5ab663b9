// Promises about the words that are fetched with their screens: the same ones in three languages, each in its own.
import { expect, test } from "vitest";
import { drillTexts } from "./drill/texts";
import { doorTexts } from "./session/texts";

const placeholders = (text: string) => [...text.matchAll(/{{\s*(\w+)\s*}}/g)].map((match) => match[1]).sort().join();
const rooms: [string, Record<"nb" | "nn" | "en", Record<string, string>>][] = [["drills", drillTexts], ["the way in", doorTexts]];

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
