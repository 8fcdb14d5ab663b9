// After the door has said yes: who was let in is asked for until the server says, and a screen that waits says so.
import { Observable } from "./observable";

/** What the server said to who is signed in: somebody; nobody (or only the phone's own key); or it did not answer. */
export type Answered = "in" | "out" | "silent";

/** `late`: let in, but not yet told who. `unanswered`: nothing is known. `not_kept`: let in, and forgotten at once by the browser. */
export type Trouble = "late" | "unanswered" | "not_kept" | null;

/** As long as one may look at a page on which nothing happens. */
const late_ms = 2500;
const first_pause_ms = 1500;
const longest_pause_ms = 24_000;

export class Entering {
  readonly trouble = new Observable<Trouble>(null);
  private turn = 0;

  constructor(private readonly ask: () => Promise<Answered>) {}

  /** Once a code, a PIN or the demo has let somebody in. Ends when the server has answered. */
  enter(): Promise<void> {
    return this.until("late");
  }

  /** The first question of a page has had no answer, and nobody is remembered: it is asked on, or a session that is there would not be found. */
  again(): void {
    this.trouble.set("unanswered");
    void this.until("unanswered");
  }

  private async until(trouble: "late" | "unanswered"): Promise<void> {
    const turn = ++this.turn; // who has just been let in does not wait for the question of before
    const timer = setTimeout(() => this.say(turn, trouble), late_ms);
    let answered = await this.ask();
    for (let pause_ms = first_pause_ms; answered === "silent" && turn === this.turn; pause_ms = Math.min(2 * pause_ms, longest_pause_ms)) {
      this.say(turn, trouble);
      await new Promise((go) => setTimeout(go, pause_ms));
      if (turn === this.turn) answered = await this.ask();
    }
    clearTimeout(timer);
    this.say(turn, answered === "out" && trouble === "late" ? "not_kept" : null);
  }

  private say(turn: number, trouble: Trouble): void {
    if (turn === this.turn) this.trouble.set(trouble);
  }
}
