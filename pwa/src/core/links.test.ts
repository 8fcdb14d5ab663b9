// Promises about links into the phone's own apps.
import fc from "fast-check";
import { expect, test } from "vitest";
import { smsLink, telLink } from "./links";

test("a message link has the text in the form that the platform reads", () => {
  expect(smsLink("ios", "+47 55 55 01 10", "SOS & hjelp")).toBe("sms:+4755550110&body=SOS%20%26%20hjelp");
  expect(smsLink("android", "+47 55 55 01 10", "SOS & hjelp")).toBe("sms:+4755550110?body=SOS%20%26%20hjelp");
});

test("whatever stands in a number or a text, the link says nothing else than that number and that text", () => {
  fc.assert(fc.property(fc.string(), fc.string({ unit: "grapheme" }), (number, body) => {
    const [, digits, text] = /^sms:([+0-9]*)\?body=(.*)$/s.exec(smsLink("android", number, body))!;
    expect(digits).toBe(telLink(number).slice(4));
    expect(decodeURIComponent(text!)).toBe(body);
  }));
});
