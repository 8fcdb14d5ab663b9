// Which screen is shown: an alarm that wants an answer first, then the address, then the person's own home.
import { lazy, Suspense, useCallback, useEffect } from "react";
import { Route, Switch, useLocation } from "wouter";
import { isOpen, needsMyAnswer, toneFor } from "./core/alarm-rules";
import { suggestLanguage } from "./i18n/texts";
import { useTexts } from "./i18n/use-texts";
import { shake } from "./io/device";
import { useAlarms, useServices, useSession, useValue } from "./io/hooks";
import { useDrawnReceipt } from "./io/use-drawn-receipt";
import { AlarmRoute } from "./responder/AlarmRoute";
import { ResponderHome } from "./responder/ResponderHome";
import { AlarmScreen } from "./safety/AlarmScreen";
import { SosButton } from "./safety/SosButton";
import { Switcher } from "./safety/Switcher";
import { Truth } from "./safety/Truth";
import { Announcer } from "./ui/Announcer";
import { Broken } from "./ui/Broken";

const SignIn = lazy(() => import("./session/SignIn"));
const DeskScreen = lazy(() => import("./desk/DeskScreen"));
const BoardScreen = lazy(() => import("./visit/Board"));
const VisitsOfMine = lazy(() => import("./visit/Board").then((one) => ({ default: one.VisitsOfMine })));
const PlanScreen = lazy(() => import("./visit/PlanScreen"));
const VisitScreen = lazy(() => import("./visit/VisitScreen"));
const OutboxScreen = lazy(() => import("./outbox/OutboxScreen"));
const LogScreen = lazy(() => import("./log/LogScreen"));

export function App() {
  const { t } = useTexts();
  const { state } = useValue(useServices().session);
  const [path] = useLocation();
  const waiting = <main className="page-main"><p>{t("app.loading")}</p></main>;
  // The demo's outbox stands beside the app: whoever looks at it is nobody in particular.
  if (path === "/utboks") return <Broken><Suspense fallback={waiting}><OutboxScreen /></Suspense></Broken>;
  if (state === "loading") return waiting;
  return (
    <Broken>
      <Suspense fallback={waiting}>{state === "signed_in" ? <SignedIn /> : <SignIn />}</Suspense>
    </Broken>
  );
}

function SignedIn() {
  const session = useSession();
  const services = useServices();
  const { language } = useTexts();
  const [, go] = useLocation();
  const onDesk = session.surface !== "phone";
  useEffect(() => services.phone.speak(language), [services, language]);
  useEffect(() => {
    services.onOpen = (path) => go(path);
  }, [services, go]);
  useEffect(() => suggestLanguage(session.person.language), [session.person.language]);
  return (
    <>
      <Announcer />
      {onDesk ? <DeskRoutes /> : <PhoneRoutes />}
      <Receipt />
    </>
  );
}

/** Last in the tree: it runs only when everything above it has been drawn. */
function Receipt() {
  useDrawnReceipt();
  return null;
}

function DeskRoutes() {
  return (
    <Switch>
      <Route path="/log/:id">{({ id }) => <LogScreen id={id} />}</Route>
      <Route path="/i/:id">{({ id }) => <AlarmRoute id={id} sos={null} />}</Route>
      <Route path="/besok/ny"><PlanScreen sos={null} /></Route>
      <Route path="/besok/:id">{({ id }) => <VisitScreen id={id} sos={null} />}</Route>
      <Route path="/besok"><BoardScreen sos={null} /></Route>
      <Route><DeskScreen /></Route>
    </Switch>
  );
}

function PhoneRoutes() {
  const { t } = useTexts();
  const services = useServices();
  const session = useSession();
  const { open } = useAlarms();
  const [path, go] = useLocation();
  const calling = open.find(needsMyAnswer);
  const tone = toneFor(open, session.surface);
  useEffect(() => {
    services.sound.play(tone);
    shake(tone);
    return () => services.sound.play(null);
  }, [tone, services]);

  const callingId = calling?.id;
  useEffect(() => {
    // Nothing else may be in front of an alarm that nobody on this phone has answered.
    if (callingId && !path.startsWith("/i/")) go(`/i/${callingId}`);
  }, [callingId, path, go]);

  const send = useCallback(() => {
    services.outbox.signal({ kind: "panic", office_id: null, zone_id: session.zone_id, device_id: null });
    go("/");
  }, [services, session.zone_id, go]);
  const small = <SosButton size="small" onSend={send} />;
  const smallDock = <aside className="sos-dock" aria-label={t("sos.button")}>{small}</aside>;
  const dock = <aside className="sos-dock" aria-label={t("sos.button")}><SosButton size="large" onSend={send} /></aside>;
  return (
    <Switch>
      <Route path="/i/:id">{({ id }) => <AlarmRoute id={id} sos={small} />}</Route>
      <Route path="/log/:id">{({ id }) => <><LogScreen id={id} />{smallDock}</>}</Route>
      <Route path="/desk"><DeskScreen /></Route>
      <Route path="/besok/ny"><PlanScreen sos={smallDock} /></Route>
      <Route path="/besok/:id">{({ id }) => <VisitScreen id={id} sos={dock} />}</Route>
      <Route path="/besok"><BoardScreen sos={smallDock} /></Route>
      <Route>
        {calling
          ? <AlarmScreen key={calling.id} alarm={calling} switcher={<Switcher alarms={open} current={calling.id} />} sos={small} />
          : <ResponderHome cry={<MyCry />} visits={<Suspense><VisitsOfMine /></Suspense>} sos={dock} />}
      </Route>
    </Switch>
  );
}

function MyCry() {
  const { t } = useTexts();
  const session = useSession();
  const { all } = useAlarms();
  const cry = useValue(useServices().outbox.taps).findLast((one) => one.tap.kind === "signal") ?? null;
  const own = cry?.receipt?.alarm_id ? (all[cry.receipt.alarm_id] ?? null) : null;
  const alarm = own ?? Object.values(all).find((one) => isOpen(one) && one.me.is_presser) ?? null;
  const going = alarm === null ? cry !== null : isOpen(alarm);
  if (!going) return null;
  return (
    <section className="card stack">
      <h1>{t("truth.title")}</h1>
      <Truth cry={cry} alarm={alarm} office_id={session.offices[0]?.id ?? null} pin />
    </section>
  );
}
