// The server's time as this phone best knows it, from the quickest question and answer so far.
export interface ClockSample {
  sent_ms: number;
  heard_ms: number;
  server_ms: number;
}

export class ServerClock {
  private offset_ms = 0;
  private bestRoundTrip_ms = Infinity;

  /** Half the round trip is the doubt; a quicker answer is a better one, and doubt grows again with age. */
  sample({ sent_ms, heard_ms, server_ms }: ClockSample): void {
    const roundTrip_ms = heard_ms - sent_ms;
    if (roundTrip_ms < 0 || Number.isNaN(server_ms)) return;
    if (roundTrip_ms > this.bestRoundTrip_ms + 50) {
      this.bestRoundTrip_ms += 5;
      return;
    }
    this.bestRoundTrip_ms = roundTrip_ms;
    this.offset_ms = server_ms - (sent_ms + roundTrip_ms / 2);
  }

  now_ms(local_ms: number = Date.now()): number {
    return local_ms + this.offset_ms;
  }

  /** Whether the server has told its time at all. */
  isKnown(): boolean {
    return this.bestRoundTrip_ms < Infinity;
  }

  skew_ms(): number {
    return this.offset_ms;
  }
}
