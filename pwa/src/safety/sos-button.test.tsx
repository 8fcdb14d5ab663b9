// Promises about the SOS button under the thumb, by key and by screen reader, and while screens change around it.
import { act, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { countdown_ms, hold_ms } from "../core/sos-machine";
import { startTexts } from "../i18n/texts";
import { ServicesContext } from "../io/hooks";
import { inMemory } from "../io/local-store";
import { Services } from "../io/services";
import { SosButton } from "./SosButton";

let services: Services;
let sent: number;

beforeAll(() => startTexts());
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "setTimeout", "clearTimeout", "performance"] });
  services = new Services(inMemory());
  sent = 0;
});
afterEach(() => vi.useRealTimers());

const show = (size: "large" | "small" = "large") => <ServicesContext value={services}><SosButton key={size} size={size} onSend={() => (sent += 1)} /></ServicesContext>;
const button = () => screen.getByRole("button", { name: /SOS|^\d/ });
const pass = (ms: number) => act(() => vi.advanceTimersByTime(ms));
const touch = { button: 0, pointerId: 7 };

test("a thumb that holds sends once, also when it slides off the button and is lifted long after", () => {
  render(show());
  fireEvent.pointerDown(button(), touch);
  fireEvent.pointerLeave(button(), touch);
  pass(hold_ms - 60);
  expect(sent).toBe(0);
  pass(120);
  expect(sent).toBe(1);
  fireEvent.pointerUp(button(), touch);
  fireEvent.click(button());
  pass(countdown_ms * 2);
  expect(sent).toBe(1);
});

test("a key or a screen reader starts the countdown, which can be stopped by button and by Escape, and says so", () => {
  render(show());
  for (const stop of [() => fireEvent.click(screen.getByRole("button", { name: "Stopp" })), () => fireEvent.keyDown(document, { key: "Escape" })]) {
    fireEvent.click(button());
    expect(screen.getByRole("alert").textContent).toBe("Sender om 3");
    pass(countdown_ms - 100);
    stop();
    expect(screen.getByRole("status").textContent).toBe("Stoppet. Ingenting er sendt.");
    pass(countdown_ms * 2);
  }
  expect(sent).toBe(0);
  fireEvent.click(button());
  pass(countdown_ms + 50);
  expect(sent).toBe(1);
});

test("a tap that was dragged off the button does not make the next key press unheard", () => {
  render(show());
  fireEvent.pointerDown(button(), touch);
  fireEvent.pointerCancel(button(), touch);
  fireEvent.click(screen.getByRole("button", { name: "Stopp" }));
  pass(10);
  fireEvent.click(button());
  pass(countdown_ms + 50);
  expect(sent).toBe(1);
});

test("an alarm that takes the screen does not stop the countdown, nor count a lifted thumb as holding", () => {
  const { rerender } = render(show());
  fireEvent.pointerDown(button(), touch);
  pass(hold_ms - 200);
  rerender(show("small"));
  pass(400);
  expect(sent).toBe(0);
  expect(screen.getByRole("button", { name: "Stopp" })).toBeTruthy();
  pass(countdown_ms);
  expect(sent).toBe(1);
});

test("a phone that was locked meanwhile shows three seconds with a way to stop, and then sends", () => {
  render(show());
  fireEvent.pointerDown(button(), touch);
  pass(300);
  act(() => void document.dispatchEvent(new Event("visibilitychange")));
  expect(screen.getByRole("button", { name: "Stopp" })).toBeTruthy();
  pass(countdown_ms - 100);
  expect(sent).toBe(0);
  pass(200);
  expect(sent).toBe(1);
});
