// Promises about the three languages.
import { expect, test } from "vitest";
import type { Language } from "../core/session-contract";
import { inLanguage, texts } from "./texts";

const placeholders = (text: string) => [...text.matchAll(/{{\s*(\w+)\s*}}/g)].map((match) => match[1]).sort();
const others: Language[] = ["nn", "en"];

test.each(others)("%s has exactly the texts that bokmål has", (language) => {
  expect(Object.keys(texts[language]).sort()).toEqual(Object.keys(texts.nb).sort());
});

test.each(others)("every text in %s takes the same values as in bokmål", (language) => {
  const different = Object.entries(texts.nb).filter(
    ([key, text]) => placeholders(text).join() !== placeholders(texts[language][key as keyof typeof texts.nb]).join(),
  );
  expect(different).toEqual([]);
});

test.each(["nb", "nn", "en"] as const)("no text in %s is empty or shouts with exclamation marks", (language) => {
  expect(Object.entries(texts[language]).filter(([, text]) => text.trim() === "" || text.includes("!"))).toEqual([]);
});

test("nynorsk is nynorsk", () => {
  const bokmål = /\b(ikke|jeg|hvem|hvor|noen|kommer|øvelse|varslet|fra)\b/i;
  expect(Object.entries(texts.nn).filter(([, text]) => bokmål.test(text))).toEqual([]);
});

test("content that lacks the language falls back to one that it has", () => {
  expect(inLanguage({ nb: "Gå ut", nn: "", en: "" }, "nn")).toBe("Gå ut");
  expect(inLanguage(undefined, "nb")).toBe("");
});
