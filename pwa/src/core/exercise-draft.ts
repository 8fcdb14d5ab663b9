// An exercise while a coordinator writes it: copied from the catalogue or their own. What is wrong with it, and what is sent.
import { lineTime, readLineTime } from "./drill-rules";
import type { Language, Translated } from "./session-contract";

const languages: readonly Language[] = ["nb", "nn", "en"];
export const injectChannels = ["card", "oral", "phone", "role_play"] as const;
export const targetStarts = ["alarm", "second_alarm", "switch", "deadline", "disconnect"] as const;
export const askedAs = ["yes_no", "scale_1_5", "text"] as const;
const text_most = 500;
const longest_min = 480;

/** As the server sends it, and takes it again: texts of injects and questions lie beside their other fields. */
export interface WholeExercise {
  id: string;
  office_id: string | null;
  based_on: string | null;
  version: number;
  title: Translated;
  goal: Translated;
  form: string;
  situation: string | null;
  duration_min: number;
  notice: string;
  roles: string[];
  per_year: Record<string, number>;
  setup: Translated[];
  injects: (Translated & { at_s: number | null; channel: string; to: string; zone: number | null })[];
  targets: { mark: string | null; metric: string | null; within_s: number; from: string }[];
  questions: (Translated & { id: string; answer: string })[];
}

/** One text in three languages. Those in `own` were written by hand; the others follow what is written. */
export interface DraftText {
  texts: Translated;
  own: readonly Language[];
}

export interface InjectDraft { key: string; at: string; channel: string; to: string; zone: number | null; text: DraftText }
export interface TargetDraft { key: string; what: string; within: string; from: string }
export interface QuestionDraft { key: string; id: string; answer: string; text: DraftText }

export interface ExerciseDraft {
  id: string;
  office_id: string;
  based_on: string | null;
  version: number;
  title: DraftText;
  goal: DraftText;
  form: string;
  situation: string;
  minutes: number;
  notice: string;
  roles: string[];
  per_year: Record<string, number>;
  setup: { key: string; text: DraftText }[];
  injects: InjectDraft[];
  targets: TargetDraft[];
  questions: QuestionDraft[];
}

export const noText: DraftText = { texts: { nb: "", nn: "", en: "" }, own: [] };

/** What is written in one language stands in the others too, until somebody writes there: better the right thing in one language than an old one in three. */
export function written(text: DraftText, language: Language, words: string): DraftText {
  const own = text.own.includes(language) ? text.own : [...text.own, language];
  return { own, texts: Object.fromEntries(languages.map((one) => [one, one === language || !own.includes(one) ? words : text.texts[one]])) as unknown as Translated };
}

/** A copy has an id and an office of its own; `copied`: what its title is called, in each language. */
export function draftOf(from: WholeExercise, newKey: () => string, copy: { id: string; office_id: string; title: (title: string, language: Language) => string } | null): ExerciseDraft {
  const given = (one: Translated): DraftText => ({ texts: { nb: one.nb, nn: one.nn, en: one.en }, own: [] });
  const title = given(from.title);
  return {
    id: copy?.id ?? from.id, office_id: copy?.office_id ?? from.office_id ?? "", based_on: copy ? (from.based_on ?? from.id) : from.based_on, version: copy ? 0 : from.version,
    title: copy ? { ...title, texts: Object.fromEntries(languages.map((one) => [one, copy.title(title.texts[one], one)])) as unknown as Translated } : title,
    goal: given(from.goal), form: from.form, situation: from.situation ?? "", minutes: from.duration_min, notice: from.notice, roles: from.roles, per_year: from.per_year,
    setup: from.setup.map((one) => ({ key: newKey(), text: given(one) })),
    injects: from.injects.map((one) => ({ key: newKey(), at: one.at_s === null ? "" : lineTime(one.at_s), channel: one.channel, to: one.to, zone: one.zone, text: given(one) })),
    targets: from.targets.map((one) => ({ key: newKey(), what: one.mark ? `mark/${one.mark}` : `metric/${one.metric}`, within: lineTime(one.within_s), from: one.from })),
    questions: from.questions.map((one) => ({ key: newKey(), id: one.id, answer: one.answer, text: given(one) })),
  };
}

/** `at`: the key of the row, or the name of the field. */
export interface Problem {
  at: string;
  what: "text" | "text_long" | "time" | "time_late" | "role" | "no_role" | "within" | "what" | "minutes";
}

/** What the server would refuse, by the same rules; and a row that says nothing. */
export function problemsOf(draft: ExerciseDraft): Problem[] {
  const found: Problem[] = [];
  const say = (at: string, what: Problem["what"]) => void found.push({ at, what });
  const text = (at: string, one: DraftText) => {
    if (languages.some((each) => one.texts[each].trim() === "")) say(at, "text");
    else if (languages.some((each) => one.texts[each].length > text_most)) say(at, "text_long");
  };
  text("title", draft.title);
  text("goal", draft.goal);
  if (!(draft.minutes >= 1 && draft.minutes <= longest_min)) say("minutes", "minutes");
  if (draft.roles.length === 0) say("roles", "no_role");
  for (const one of draft.setup) text(one.key, one.text);
  for (const one of draft.injects) {
    const at_s = readLineTime(one.at);
    if (at_s === undefined) say(one.key, "time");
    else if (at_s !== null && at_s > draft.minutes * 60) say(one.key, "time_late");
    if (!draft.roles.includes(one.to)) say(one.key, "role");
    text(one.key, one.text);
  }
  for (const one of draft.targets) {
    if (one.what === "") say(one.key, "what");
    if ((readLineTime(one.within) ?? 0) < 1) say(one.key, "within");
  }
  for (const one of draft.questions) text(one.key, one.text);
  return found;
}

/** The rows of the time line as they will come: by hand last. */
export function inLineOrder(injects: readonly InjectDraft[]): InjectDraft[] {
  const at = (one: InjectDraft): number => readLineTime(one.at) ?? Number.MAX_SAFE_INTEGER;
  return [...injects].sort((one, other) => at(one) - at(other));
}

export function bodyOf(draft: ExerciseDraft): { office_id: string; version: number; based_on: string | null; exercise: Record<string, unknown> } {
  const line = (words: string): string => words.replace(/\s+/g, " ").trim(); // a line break has no place on a card
  const plain = (one: DraftText): Translated => ({ nb: line(one.texts.nb), nn: line(one.texts.nn), en: line(one.texts.en) });
  const exercise = {
    title: plain(draft.title), goal: plain(draft.goal), form: draft.form, situation: draft.situation || null, duration_min: draft.minutes, notice: draft.notice, roles: draft.roles,
    per_year: draft.per_year, setup: draft.setup.map((one) => plain(one.text)),
    injects: inLineOrder(draft.injects).map((one) => ({ at_s: readLineTime(one.at) ?? null, channel: one.channel, to: one.to, zone: one.zone, ...plain(one.text) })),
    targets: draft.targets.map((one) => {
      const [kind, name = ""] = one.what.split("/");
      return { mark: kind === "mark" ? name : null, metric: kind === "metric" ? name : null, within_s: readLineTime(one.within) ?? 0, from: one.from };
    }),
    questions: draft.questions.map((one) => ({ id: one.id, answer: one.answer, ...plain(one.text) })),
  };
  return { office_id: draft.office_id, version: draft.version, based_on: draft.based_on, exercise };
}

/** A question's id that none of the others has. */
export function newQuestionId(questions: readonly QuestionDraft[]): string {
  for (let n = questions.length + 1; ; n += 1) if (!questions.some((one) => one.id === `own-${n}`)) return `own-${n}`;
}
