// Turns an alarm into the short words of a screen: where it is, what it is, who has which role.
import type { AlarmView } from "../core/contract";
import type { RoleGap } from "../core/session-contract";
import { useTexts } from "../i18n/use-texts";
import { useServices, useValue } from "../io/hooks";

export function useAlarmWords(alarm: AlarmView) {
  const { t, say } = useTexts();
  const content = useValue(useServices().content);
  const { zone, floor, office, address, detail } = alarm.place;
  // Somebody on a visit is at its address, not at the office.
  const away = alarm.visit !== null && address !== "";
  return {
    where: (away ? address : zone || office) || t("alarm.no_zone"),
    beside: [floor, zone || away ? office : null].filter(Boolean).join(" · "),
    address: away ? "" : address,
    detail,
    kind: alarm.drill ? t("alarm.drill") : t(`alarm.${alarm.level}`),
    situation: say(content?.situations[alarm.situation]?.when),
    goToScene: say(content?.go_to_scene[alarm.go_to_scene]),
    ringPresser: say(content?.ring_presser[alarm.ring_presser]),
    switches: (content?.quick_switches ?? []).filter((one) => one.offered_in.includes(alarm.situation)),
  };
}

export function useRoleName(): (role: string | null) => string {
  const { say } = useTexts();
  const content = useValue(useServices().content);
  return (role) => (role ? say(content?.roles[role]?.name) || role : "");
}

/** A role that is missing, with how many of how many where more than one is needed. */
export function useGapText(): (gap: RoleGap) => string {
  const { t } = useTexts();
  const roleName = useRoleName();
  return (gap) => (gap.need > 1 ? t("desk.gap_part", { role: roleName(gap.role), have: gap.have, need: gap.need }) : roleName(gap.role));
}

/** By which the letters are made as large as the screen lets that word be whole: a place that is cut in two is read twice. */
export function longestWord(text: string): number {
  return Math.max(6, ...text.split(/[\s-]+/).map((word) => [...word].length));
}

export function lookOf(alarm: AlarmView): "drill" | "assist" | "emergency" {
  return alarm.drill ? "drill" : alarm.level;
}
