// The alarm's sound, made here note by note so that nothing has to be fetched; silent until a tap has allowed it. Only the word is a file.
import type { Tone } from "../core/alarm-rules";
import { scoreOf } from "../core/score";
import type { Language } from "../core/session-contract";
import { every } from "./steady";
import { turnOf, type Turn } from "./turn";

/** A machine without anything to sound with never says that it can: it is not waited for. */
const unlock_patience_ms = 1000;
const ahead_s = 1.2;
const write_every_ms = 400;

export interface SoundWanted {
  tone: Tone;
  /** The language of the word that is said after the tone; null: none. */
  word: Language | null;
}

export class Sound {
  private context: AudioContext | null = null;
  private volume: GainNode | null = null;
  private playing: { wanted: SoundWanted; oscillator: OscillatorNode; level: GainNode; words: Set<AudioBufferSourceNode>; stop: () => void } | null = null;
  private wanted: SoundWanted | null = null;
  private readonly words = new Map<string, AudioBuffer>();
  private giveUpTurn: (() => void) | null = null;

  constructor(private readonly turn: Turn = turnOf("varde-sound")) {}

  /** Browsers only let a page make sound after a tap on it; this is that tap. */
  async unlock(): Promise<boolean> {
    try {
      const session = (navigator as { audioSession?: { type: string } }).audioSession;
      if (session) session.type = "playback";
      this.context ??= this.made();
      await Promise.race([this.context.resume(), new Promise((done) => setTimeout(done, unlock_patience_ms))]);
    } catch {
      return false;
    }
    return this.isUnlocked();
  }

  /** A call or another app may take the sound away, and give it back: what is wanted then is played then. */
  private made(): AudioContext {
    const context = new AudioContext();
    context.addEventListener("statechange", () => {
      this.stop();
      this.play(this.wanted?.tone ?? null, this.wanted?.word ?? null);
    });
    return context;
  }

  isUnlocked(): boolean {
    return this.context?.state === "running";
  }

  /** Sounds until told otherwise; null is silence. */
  play(tone: Tone | null, word: Language | null = null): void {
    this.wanted = tone && { tone, word };
    if (this.playing?.wanted.tone === tone && this.playing.wanted.word === word) return;
    this.stop();
    const { context, wanted } = this;
    // Only a window that can be heard asks for its turn: it would keep it from one that can.
    if (wanted && context?.state === "running") this.giveUpTurn = this.turn.ask(() => this.begin(context, wanted), () => this.still());
  }

  /** A short taste, so that the owner hears that it works; on a desk the word too. */
  async taste(word: Language | null = null): Promise<boolean> {
    const allowed = await this.unlock();
    if (!allowed || this.wanted !== null || !this.context) return allowed;
    this.play("pre_alarm");
    setTimeout(() => this.wanted?.tone === "pre_alarm" && this.play(null), 900);
    const file = word && (await this.word("drill", word));
    if (file) this.say(this.context, file, this.context.currentTime + 1);
    return allowed;
  }

  private begin(context: AudioContext, wanted: SoundWanted): void {
    const { shape, strength, beats } = scoreOf(wanted.tone, wanted.word !== null);
    const word = wanted.word;
    if (word) void this.word(wanted.tone, word);
    const oscillator = new OscillatorNode(context, { type: shape });
    const level = new GainNode(context, { gain: 0 });
    oscillator.connect(level).connect(this.output(context));
    const words = new Set<AudioBufferSourceNode>();
    let written_s = context.currentTime + 0.05;
    let index = 0;
    const write = () => {
      while (written_s < context.currentTime + ahead_s) {
        const beat = beats[index++ % beats.length]!;
        if (beat.hertz > 0) oscillator.frequency.setValueAtTime(beat.hertz, written_s);
        level.gain.setTargetAtTime(beat.hertz === 0 ? 0 : strength, written_s, shape === "square" ? 0.008 : 0.02);
        const file = beat.word && word ? this.words.get(nameOf(wanted.tone, word)) : undefined;
        if (file) words.add(this.say(context, file, written_s));
        written_s += beat.length_s;
      }
    };
    write();
    oscillator.start();
    this.playing = { wanted, oscillator, level, words, stop: every(write_every_ms, write) };
  }

  private stop(): void {
    this.still();
    this.giveUpTurn?.();
    this.giveUpTurn = null;
  }

  private still(): void {
    if (!this.playing) return;
    this.playing.stop();
    this.playing.level.gain.cancelScheduledValues(0);
    this.playing.level.gain.value = 0;
    this.playing.oscillator.stop();
    this.playing.level.disconnect();
    for (const word of this.playing.words) word.stop();
    this.playing = null;
  }

  private output(context: AudioContext): GainNode {
    if (!this.volume) {
      this.volume = new GainNode(context, { gain: 1 });
      this.volume.connect(context.destination);
    }
    return this.volume;
  }

  private say(context: AudioContext, file: AudioBuffer, at_s: number): AudioBufferSourceNode {
    const source = new AudioBufferSourceNode(context, { buffer: file });
    source.connect(this.output(context));
    source.start(at_s);
    return source;
  }

  /** A word that cannot be had leaves its rest silent; the tone goes on. */
  private async word(tone: Tone, language: Language): Promise<AudioBuffer | null> {
    const name = nameOf(tone, language);
    try {
      const answer = await fetch(`/sounds/${name}.wav`);
      if (!answer.ok || !this.context) return null;
      const file = await this.context.decodeAudioData(await answer.arrayBuffer());
      this.words.set(name, file);
      return file;
    } catch {
      return null;
    }
  }
}

const nameOf = (tone: Tone, language: Language): string => `${tone === "drill" ? "drill" : "alarm"}-${language}`;
