// Promises about what is said of this phone: nothing unproven is called reachable, and the first thing to mend comes first.
import fc from "fast-check";
import { expect, test } from "vitest";
import { findings, insideAnotherApp, labelOf, platformOf, verdictOf, weights, type KnownPhone, type PhoneFacts } from "./phone";

const fine: KnownPhone = { id: "p", label: "iPhone, app", health: "fine", trouble: "", sent_at: "2026-11-21T10:00:00Z", shown_at: "2026-11-21T10:00:00Z" };
const well: PhoneFacts = {
  platform: "android", installed: true, able: true, permission: "granted", subscribed: true, failed: false, server: { pushes: true, sms: true, known: fine }, sound: true,
};
const known = (changes: Partial<KnownPhone>): PhoneFacts => ({ ...well, server: { pushes: true, sms: true, known: { ...fine, ...changes } } });

test.each<[Partial<PhoneFacts> | PhoneFacts, string, string]>([
  [{}, "quiet_unknown", "reachable"],
  [{ sound: false }, "sound_off", "reachable"],
  [{ server: null }, "no_answer", "unsure"],
  [{ server: { pushes: false, sms: true, known: null } }, "no_push_here", "sms_only"],
  [{ server: { pushes: false, sms: false, known: null } }, "no_push_here", "screen_only"],
  [{ platform: "ios", installed: false, able: false }, "not_installed", "sms_only"],
  [{ platform: "ios", installed: true, able: false }, "not_able", "sms_only"],
  [{ able: false }, "not_able", "sms_only"],
  [{ permission: "default", subscribed: false }, "not_asked", "sms_only"],
  [{ permission: "denied" }, "denied", "sms_only"],
  [{ permission: "denied", server: null }, "denied", "unsure"],
  [{ failed: true, subscribed: false }, "failed", "sms_only"],
  [{ subscribed: false }, "not_subscribed", "sms_only"],
  [{ server: { pushes: true, sms: true, known: null } }, "not_known", "sms_only"],
  [known({ health: "dead" }), "dead", "sms_only"],
  [known({ health: "unsure", trouble: "refused" }), "trouble", "unsure"],
  [known({ health: "unsure", shown_at: null }), "unproven", "unsure"],
  [known({ health: "unsure", sent_at: "2026-11-21T11:00:00Z" }), "not_shown", "unsure"],
  [known({ health: "unsure" }), "unproven", "unsure"],
])("%j: %s first, %s", (facts, first, verdict) => {
  const whole = { ...well, ...facts };
  expect(findings(whole)[0]).toBe(first);
  expect(verdictOf(whole)).toBe(verdict);
});

test("nothing is called reachable that has not shown what was sent last, whatever else is known", () => {
  const anything = fc.record<PhoneFacts>({
    platform: fc.constantFrom("ios", "android", "desktop"), installed: fc.boolean(), able: fc.boolean(), permission: fc.constantFrom("default", "granted", "denied"),
    subscribed: fc.boolean(), failed: fc.boolean(), sound: fc.boolean(),
    server: fc.option(fc.record({
      pushes: fc.boolean(), sms: fc.boolean(),
      known: fc.option(fc.record<KnownPhone>({
        id: fc.constant("p"), label: fc.constant(""), health: fc.constantFrom("fine", "unsure", "dead"), trouble: fc.constantFrom("", "refused"),
        sent_at: fc.option(fc.constant("2026-11-21T10:00:00Z")), shown_at: fc.option(fc.constant("2026-11-21T10:00:00Z")),
      })),
    })),
  });
  fc.assert(fc.property(anything, (facts) => {
    const proven = facts.able && facts.permission === "granted" && facts.subscribed && !facts.failed && facts.server?.pushes && facts.server.known?.health === "fine"
      && (facts.platform !== "ios" || facts.installed);
    expect(verdictOf(facts) === "reachable").toBe(Boolean(proven));
    expect(findings(facts).filter((one) => weights[one] !== "note").length).toBeLessThanOrEqual(1);
    if (facts.server === null) expect(verdictOf(facts)).toBe("unsure");
  }));
});

test("a link opened inside a mail app is told from one in the browser, and from the app on the Home Screen", () => {
  const safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1";
  const mail = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148";
  expect([insideAnotherApp(safari, "ios", false), insideAnotherApp(mail, "ios", false), insideAnotherApp(mail, "ios", true)]).toEqual([false, true, false]);
  const chat = "Mozilla/5.0 (Linux; Android 15; Pixel 8; wv) AppleWebKit/537.36 Version/4.0 Chrome/150.0 Mobile Safari/537.36";
  expect([insideAnotherApp(chat, "android", false), insideAnotherApp(chat.replace("; wv", ""), "android", false)]).toEqual([true, false]);
});

test("phones and machines are known by what their browsers say", () => {
  const iPhone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) Safari/604.1";
  const iPad = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605.1.15";
  const android = "Mozilla/5.0 (Linux; Android 15) Chrome/150.0 Mobile";
  const windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Edg/150.0";
  expect([platformOf(iPhone, 5), platformOf(iPad, 5), platformOf(iPad, 0), platformOf(android, 5), platformOf(windows, 10)]).toEqual(["ios", "ios", "desktop", "android", "desktop"]);
  expect([labelOf(iPhone, 5, true), labelOf(iPad, 5, false), labelOf(iPad, 0, false), labelOf(android, 5, true), labelOf(windows, 0, true)]).toEqual(
    ["iPhone, app", "iPad", "Mac", "Android, app", "Windows, app"],
  );
});
