// The words of drills.
import type { Language } from "../core/session-contract";
import { moreTexts } from "../i18n/more-texts";
import en from "./en.json";
import nb from "./nb.json";
import nn from "./nn.json";

export type DrillTextKey = keyof typeof nb;

export const drillTexts = { nb, nn, en } satisfies Record<Language, Record<DrillTextKey, string>>;
const { use, is } = moreTexts(drillTexts);
export const useDrillTexts = use;
export const isDrillText = is;

export function refusalText(x: ReturnType<typeof useDrillTexts>["x"], reason: string): string {
  const key = `ex.refused_${reason}`;
  return isDrillText(key) ? x(key) : x("ex.refused", { reason });
}
