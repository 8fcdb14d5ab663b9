// Promises about what is said when a tap is refused.
import { expect, test } from "vitest";
import { refusalKey } from "./texts";

test("each refusal is told with what to do about it, also those of the visit that an alarm is about", () => {
  expect(refusalKey("too_many_notes")).toBe("refused.too_many_notes");
  expect(refusalKey("say_where_they_are")).toBe("visit.refused_say_where_they_are");
  expect(refusalKey("not_yours"), "an alarm's own word comes first").toBe("refused.not_yours");
});

test("a refusal of a newer server says that it did not work", () => {
  expect(refusalKey("a_word_of_tomorrow")).toBe("refused.unknown");
  expect(refusalKey(null)).toBe("refused.unknown");
});
