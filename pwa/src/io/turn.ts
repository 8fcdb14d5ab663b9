// Of several windows of one browser, one sounds: two tones beside each other are a third one that nobody knows.
export interface Turn {
  /** Calls `begin` when it is this window's turn, and `stop` where another window has taken it. Returns what gives the turn up. */
  ask(begin: () => void, stop: () => void): () => void;
}

/** Phones put hidden pages to sleep with the turn in their hand: whoever is in sight takes it from one that does not give it. */
const patience_ms = 1500;

/** A browser frees the turn of a window that is shut or has crashed. */
export function turnOf(name: string): Turn {
  return {
    ask(begin, stop) {
      const { locks } = navigator as { locks?: LockManager | null };
      if (!locks) {
        begin(); // a browser without turns: rather twice than not at all
        return () => undefined;
      }
      let over = false;
      let holding = false;
      let end: () => void = () => undefined;
      let wish = new AbortController();
      const held = () => {
        if (over) return undefined;
        holding = true;
        begin();
        return new Promise<void>((done) => (end = done));
      };
      const lost = () => {
        if (over || !holding) return;
        holding = false;
        stop();
        queue();
      };
      const queue = () => {
        wish = new AbortController();
        const { signal } = wish;
        locks.request(name, { signal }, held).catch(() => signal.aborted || lost());
      };
      const take = () => {
        if (over || holding || document.visibilityState !== "visible") return;
        wish.abort();
        locks.request(name, { steal: true }, held).catch(lost);
      };
      queue();
      const timer = setTimeout(take, patience_ms);
      return () => {
        over = true;
        clearTimeout(timer);
        wish.abort();
        end();
      };
    },
  };
}
