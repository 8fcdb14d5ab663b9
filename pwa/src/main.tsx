// Starts the app: words, look, what the phone remembers, and then the screens.
// The ground comes before every screen's own look, which must be able to differ from it.
import "./ui/fonts.css";
import "./ui/tokens.css";
import "./ui/base.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { openOnes } from "./core/alarm-rules";
import { startTexts } from "./i18n/texts";
import { keepStorage, registerServiceWorker, showBadge, stayAwake } from "./io/device";
import { ServicesContext } from "./io/hooks";
import { openLocalStore } from "./io/local-store";
import { Services } from "./io/services";
import { startTheme } from "./ui/theme";

async function start(): Promise<void> {
  startTheme();
  await startTexts();
  const services = new Services(await openLocalStore());
  const place = document.getElementById("varde");
  if (!place) throw new Error("index.html has no place for the app");
  createRoot(place).render(
    <StrictMode>
      <ServicesContext value={services}><App /></ServicesContext>
    </StrictMode>,
  );
  await services.start();
  const open = () => openOnes(services.book.get().alarms).length;
  stayAwake(() => open() > 0);
  services.book.watch(() => showBadge(open()));
  void keepStorage();
  services.updates.watch(services, await registerServiceWorker());
}

void start();
