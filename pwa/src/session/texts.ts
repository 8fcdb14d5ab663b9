// The words of getting started, of choosing a PIN and of letting a colleague in.
import type { Language } from "../core/session-contract";
import { moreTexts } from "../i18n/more-texts";
import en from "./words/en.json";
import nb from "./words/nb.json";
import nn from "./words/nn.json";

export type DoorTextKey = keyof typeof nb;

export const doorTexts = { nb, nn, en } satisfies Record<Language, Record<DoorTextKey, string>>;
export const useDoorTexts = moreTexts(doorTexts).use;
