// Promises about the notice on a computer: one for each alarm while the page is hidden, also for what came before this was loaded.
import { afterEach, expect, test, vi } from "vitest";
import type { Session } from "../core/session-contract";
import { anAlarm } from "../core/examples";
import { watchForNotices } from "./desk-notice";
import { inMemory } from "./local-store";
import { Services } from "./services";

const shown: string[] = [];
const words = () => ({ title: "ALARM", body: "", lang: "nb" });

function hiddenPage(): Services {
  shown.length = 0;
  vi.stubGlobal("fetch", () => new Promise(() => undefined));
  vi.stubGlobal("Notification", { permission: "granted" });
  vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
  const registration = { showNotification: async (_: string, { tag }: NotificationOptions) => void shown.push(String(tag)), getNotifications: async () => [] };
  vi.stubGlobal("navigator", { ...navigator, language: "nb", serviceWorker: { getRegistration: async () => registration } });
  const services = new Services(inMemory());
  services.session.set({ ...services.session.get(), session: { surface: "desk", zone_public: false, offices: [] } as unknown as Session });
  return services;
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const settled = () => new Promise((done) => setTimeout(done, 10));

test("an alarm that came before this was loaded is said, once, and so is each that comes after", async () => {
  const services = hiddenPage();
  const book = services.book.get();
  services.book.set({ ...book, alarms: { "a-1": anAlarm() } });
  watchForNotices(services, words);
  await settled();
  expect(shown).toEqual(["desk-a-1"]);
  services.book.set({ ...book, alarms: { "a-1": anAlarm({ version: 2 }), "a-2": anAlarm({ id: "a-2" }) } });
  await settled();
  expect(shown).toEqual(["desk-a-1", "desk-a-2"]);
});

test("one's own alarm is not, nor one that has ended", async () => {
  const services = hiddenPage();
  services.book.set({ ...services.book.get(), alarms: { mine: anAlarm({ id: "mine" }, { is_presser: true }), over: anAlarm({ id: "over", state: "RESOLVED" }) } });
  watchForNotices(services, words);
  await settled();
  expect(shown).toEqual([]);
});
