// The alarm's sound, made here note by note so that nothing has to be fetched; silent until a tap has allowed it.
import type { Tone } from "../core/alarm-rules";

interface Beat {
  /** 0 is a rest. */
  hertz: number;
  length_s: number;
}

const beats: Record<Tone, { beats: Beat[]; strength: number; shape: OscillatorType }> = {
  alarm: { shape: "square", strength: 0.5, beats: [{ hertz: 960, length_s: 0.28 }, { hertz: 770, length_s: 0.28 }] },
  pre_alarm: { shape: "sine", strength: 0.4, beats: [{ hertz: 523, length_s: 0.5 }, { hertz: 0, length_s: 1.9 }] },
  drill: {
    shape: "triangle", strength: 0.45,
    beats: [{ hertz: 440, length_s: 0.18 }, { hertz: 0, length_s: 0.1 }, { hertz: 440, length_s: 0.18 }, { hertz: 0, length_s: 0.1 },
      { hertz: 587, length_s: 0.4 }, { hertz: 0, length_s: 1.1 }],
  },
};
const ahead_s = 1.2;

export class Sound {
  private context: AudioContext | null = null;
  private volume: GainNode | null = null;
  private playing: { tone: Tone; oscillator: OscillatorNode; level: GainNode; timer: ReturnType<typeof setInterval> } | null = null;
  private wanted: Tone | null = null;

  /** Browsers only let a page make sound after a tap on it; this is that tap. */
  async unlock(): Promise<boolean> {
    try {
      const session = (navigator as { audioSession?: { type: string } }).audioSession;
      if (session) session.type = "playback";
      this.context ??= new AudioContext();
      await this.context.resume();
    } catch {
      return false;
    }
    this.play(this.wanted);
    return this.isUnlocked();
  }

  isUnlocked(): boolean {
    return this.context?.state === "running";
  }

  /** Sounds until told otherwise; null is silence. */
  play(tone: Tone | null): void {
    this.wanted = tone;
    if (this.playing?.tone === tone) return;
    this.stop();
    if (tone && this.context) this.begin(this.context, tone);
  }

  /** A short taste, so that the owner hears that it works. */
  async taste(): Promise<boolean> {
    const allowed = await this.unlock();
    if (allowed && this.wanted === null) {
      this.play("pre_alarm");
      setTimeout(() => this.wanted === "pre_alarm" && this.play(null), 900);
    }
    return allowed;
  }

  private begin(context: AudioContext, tone: Tone): void {
    const { shape, strength, beats: pattern } = beats[tone];
    this.volume ??= new GainNode(context, { gain: 1 });
    this.volume.connect(context.destination);
    const oscillator = new OscillatorNode(context, { type: shape });
    const level = new GainNode(context, { gain: 0 });
    oscillator.connect(level).connect(this.volume);
    let written_s = context.currentTime + 0.05;
    let index = 0;
    const write = () => {
      while (written_s < context.currentTime + ahead_s) {
        const beat = pattern[index++ % pattern.length]!;
        if (beat.hertz > 0) {
          oscillator.frequency.setValueAtTime(beat.hertz, written_s);
          level.gain.setTargetAtTime(strength, written_s, 0.008);
        }
        if (beat.hertz === 0 || shape !== "square") level.gain.setTargetAtTime(beat.hertz === 0 ? 0 : strength, written_s, 0.02);
        written_s += beat.length_s;
      }
    };
    write();
    oscillator.start();
    this.playing = { tone, oscillator, level, timer: setInterval(write, 400) };
  }

  private stop(): void {
    if (!this.playing) return;
    clearInterval(this.playing.timer);
    this.playing.level.gain.cancelScheduledValues(0);
    this.playing.level.gain.value = 0;
    this.playing.oscillator.stop();
    this.playing.level.disconnect();
    this.playing = null;
  }
}
