// Makes the spoken words of public/sounds anew: `node scripts/make-words.mjs`, with espeak-ng on the machine. Only when they change.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";

/** File name, voice, word. Bokmål and nynorsk say Alarm alike; the voice for both is the Norwegian one. */
const words = [
  ["alarm-nb", "nb", "Alarm"], ["alarm-nn", "nb", "Alarm"], ["alarm-en", "en-gb", "Alarm"],
  ["drill-nb", "nb", "Øvelse"], ["drill-nn", "nb", "Øving"], ["drill-en", "en-gb", "Exercise"],
];
const target = new URL("../public/sounds/", import.meta.url).pathname;
const rate_hz = 11025;

/** espeak-ng gives 22,050 samples of 16 bits a second; half of them with 8 bits are enough for one word, and load at once. */
function smaller(wav) {
  const start = wav.indexOf("data") + 8;
  const samples = new Int16Array(wav.buffer.slice(wav.byteOffset + start, wav.byteOffset + wav.length - ((wav.length - start) % 2)));
  const loudest = samples.reduce((most, one) => Math.max(most, Math.abs(one)), 1);
  const half = Uint8Array.from({ length: samples.length >> 1 }, (_, n) => 128 + Math.round(((samples[2 * n] + samples[2 * n + 1]) / 2 / loudest) * 120));
  const audible = half.findLastIndex((one) => Math.abs(one - 128) > 2) + 1;
  const kept = half.subarray(0, Math.min(half.length, audible + 200));
  const head = Buffer.alloc(44);
  head.write("RIFF", 0); head.writeUInt32LE(36 + kept.length, 4); head.write("WAVEfmt ", 8); head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20); head.writeUInt16LE(1, 22); head.writeUInt32LE(rate_hz, 24); head.writeUInt32LE(rate_hz, 28);
  head.writeUInt16LE(1, 32); head.writeUInt16LE(8, 34); head.write("data", 36); head.writeUInt32LE(kept.length, 40);
  return Buffer.concat([head, kept]);
}

mkdirSync(target, { recursive: true });
for (const [name, voice, word] of words) {
  const wav = execFileSync("espeak-ng", ["-v", voice, "-s", "125", "-p", "40", "-a", "180", "--stdout", word], { maxBuffer: 1 << 24 });
  writeFileSync(`${target}${name}.wav`, smaller(wav));
}
