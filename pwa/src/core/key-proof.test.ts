// Promises about what the phone signs: exactly what docs/api.md says, and nothing that another request could use.
import { expect, test } from "vitest";
import { base64url, clockDifference_ms, header, hex, signedText } from "./key-proof";

const signing = { method: "POST", target: "/api/signals?x=1", at_ms: 1_764_353_000_000, nonce: "n".repeat(24), body_digest: "ab" };

test("method, address, time, nonce and body are each in what is signed", () => {
  expect(signedText(signing)).toBe(`varde-key\nPOST\n/api/signals?x=1\n1764353000000\n${"n".repeat(24)}\nab`);
  const others = [{ method: "GET" }, { target: "/api/alarms" }, { at_ms: 1 }, { nonce: "m".repeat(24) }, { body_digest: "cd" }];
  expect(new Set([signing, ...others.map((one) => ({ ...signing, ...one }))].map(signedText)).size).toBe(6);
});

test("the header names the key, the time and the nonce before the signature", () => {
  expect(header("key", signing, "sig")).toBe(`Varde key.1764353000000.${"n".repeat(24)}.sig`);
});

test("bytes are written without padding, and digests in hex", () => {
  expect(base64url(new Uint8Array([251, 255, 254, 0]))).toBe("-__-AA");
  expect(hex(new Uint8Array([0, 10, 255]).buffer)).toBe("000aff");
});

test("the server's time tells how wrong the phone's clock is, and nonsense tells nothing", () => {
  expect(clockDifference_ms("2026-11-21T14:00:00.500Z", Date.parse("2026-11-21T13:00:00Z"))).toBe(3_600_500);
  for (const nonsense of [null, 7, "", "later"]) expect(clockDifference_ms(nonsense, 0)).toBeNull();
});
