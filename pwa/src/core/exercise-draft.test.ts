import { expect, test } from "vitest";
import { bodyOf, draftOf, newQuestionId, noText, problemsOf, written, type WholeExercise } from "./exercise-draft";

const words = (text: string) => ({ nb: text, nn: text, en: text });
const shipped: WholeExercise = {
  id: "loud", office_id: null, based_on: null, version: 0, title: { nb: "Høylytt", nn: "Høglydt", en: "Loud" }, goal: words("Mål"), form: "game", situation: "desk_alarm", duration_min: 30,
  notice: "announced", roles: ["responder", "coordinator"], per_year: { under_15: 1, from_15_to_60: 2, over_60: 4 }, setup: [words("Varsle naboene.")],
  injects: [{ at_s: 65, channel: "card", to: "responder", zone: 1, ...words("Noen roper.") }, { at_s: null, channel: "oral", to: "coordinator", zone: null, ...words("Hvem mangler?") }],
  targets: [{ mark: "acknowledged", metric: null, within_s: 60, from: "alarm" }, { mark: null, metric: "ended", within_s: 900, from: "alarm" }],
  questions: [{ id: "early", answer: "yes_no", ...words("Tidlig nok?") }],
};
let n = 0;
const key = () => `k${(n += 1)}`;
const mine = () => draftOf(shipped, key, { id: "own-1", office_id: "fjordvik", title: (title, language) => `${title} (${language})` });

test("a copy says whose it is and of what, and is sent with all that it was copied with", () => {
  const body = bodyOf(mine());
  expect(body).toMatchObject({ office_id: "fjordvik", version: 0, based_on: "loud" });
  expect(body.exercise["title"]).toEqual({ nb: "Høylytt (nb)", nn: "Høglydt (nn)", en: "Loud (en)" });
  const { id: _, office_id: __, based_on: ___, version: ____, title: _____, ...rest } = shipped;
  expect(body.exercise).toMatchObject(rest);
  expect(problemsOf(mine())).toEqual([]);
});

test("an own one is edited as itself, and a copy of it is still of what ships", () => {
  const own = { ...shipped, id: "own-1", office_id: "fjordvik", based_on: "loud", version: 3 };
  expect(bodyOf(draftOf(own, key, null))).toMatchObject({ office_id: "fjordvik", version: 3, based_on: "loud" });
  expect(draftOf(own, key, { id: "own-2", office_id: "nes", title: (one) => one })).toMatchObject({ id: "own-2", office_id: "nes", based_on: "loud", version: 0 });
});

test("what is written stands in every language until somebody writes there", () => {
  const one = written(mine().goal, "nn", "Nytt mål");
  expect(one.texts).toEqual({ nb: "Nytt mål", nn: "Nytt mål", en: "Nytt mål" });
  const two = written(written(one, "en", "New goal"), "nn", "Nytt mål, betre");
  expect(two.texts).toEqual({ nb: "Nytt mål, betre", nn: "Nytt mål, betre", en: "New goal" });
});

test.each([
  ["a time that is none", { at: "2:75" }, "time"], ["a time after its end", { at: "31:00" }, "time_late"], ["somebody who is not in it", { to: "logger" }, "role"],
  ["nothing to say", { text: noText }, "text"], ["far too much to say", { text: { texts: words("x".repeat(501)), own: [] } }, "text_long"],
] as const)("an inject with %s is named", (_, change, what) => {
  const draft = mine();
  const [first, ...rest] = draft.injects;
  expect(problemsOf({ ...draft, injects: [{ ...first!, ...change }, ...rest] })).toEqual([{ at: first!.key, what }]);
});

test("so are a target without a time or a what, an exercise without a role, a title or a length", () => {
  const draft = mine();
  const wrong = { ...draft, roles: [], injects: [], minutes: 0, title: noText, targets: [{ key: "t", what: "", within: "0", from: "alarm" }] };
  expect(problemsOf(wrong).map((one) => one.what)).toEqual(["text", "minutes", "no_role", "what", "within"]);
});

test("the time line goes out in its order, what is given by hand last; no two questions have the same id", () => {
  const draft = mine();
  const late = { ...draft.injects[0]!, key: "late", at: "0:05" };
  expect((bodyOf({ ...draft, injects: [...draft.injects, late] }).exercise["injects"] as { at_s: number | null }[]).map((one) => one.at_s)).toEqual([5, 65, null]);
  expect(newQuestionId([{ key: "a", id: "own-2", answer: "text", text: noText }])).toBe("own-3");
});
