// Which screen is shown: an alarm that wants an answer first, then the address, then the person's own home.
import { lazy, Suspense, useCallback, useEffect } from "react";
import { Route, Switch, useLocation } from "wouter";
import { isOpen, mayBeFelt, needsMyAnswer } from "./core/alarm-rules";
import { mayHaveDesk } from "./core/session-contract";
import { useDeskOffice, useDeskPress } from "./desk/use-desk";
import { suggestLanguage } from "./i18n/texts";
import { useTexts } from "./i18n/use-texts";
import { buzz, shake } from "./io/device";
import { useAlarms, useServices, useSession, useTone, useValue } from "./io/hooks";
import { useDrawnReceipt } from "./io/use-drawn-receipt";
import { AlarmRoute } from "./responder/AlarmRoute";
import { Duties, ResponderHome } from "./responder/ResponderHome";
import { AfterAlarms } from "./safety/Afterwards";
import { AlarmScreen } from "./safety/AlarmScreen";
import { SosButton } from "./safety/SosButton";
import { SosDock } from "./safety/SosDock";
import { Switcher } from "./safety/Switcher";
import { TabFace } from "./safety/TabFace";
import { Truth } from "./safety/Truth";
import { Unlock } from "./session/Unlock";
import { Announcer } from "./ui/Announcer";
import { Broken } from "./ui/Broken";
import { UpdateNote } from "./ui/UpdateNote";

const SignIn = lazy(() => import("./session/SignIn"));
const GetStarted = lazy(() => import("./session/GetStarted"));
const PinScreen = lazy(() => import("./session/ChoosePin"));
const InviteScreen = lazy(() => import("./session/InviteScreen"));
const PhonesScreen = lazy(() => import("./session/PhonesScreen"));
const DeskScreen = lazy(() => import("./desk/DeskScreen"));
const WallScreen = lazy(() => import("./wall/WallScreen"));
const BesideTheDesk = lazy(() => import("./desk/BesideTheDesk"));
const BoardScreen = lazy(() => import("./visit/Board"));
const VisitsOfMine = lazy(() => import("./visit/Board").then((one) => ({ default: one.VisitsOfMine })));
const PlanScreen = lazy(() => import("./visit/PlanScreen"));
const ReportScreen = lazy(() => import("./visit/ReportScreen"));
const CountsScreen = lazy(() => import("./visit/CountsScreen"));
const TakeAlarmScreen = lazy(() => import("./visit/TakeAlarm"));
const VisitScreen = lazy(() => import("./visit/VisitScreen"));
const OutboxScreen = lazy(() => import("./outbox/OutboxScreen"));
const ReadinessScreen = lazy(() => import("./readiness/ReadinessScreen"));
const ReadySummary = lazy(() => import("./readiness/ReadyNow").then((one) => ({ default: one.ReadySummary })));
const DrillsScreen = lazy(() => import("./drill/DrillsScreen"));
const DrillScreen = lazy(() => import("./drill/DrillScreen"));
const DrillReport = lazy(() => import("./drill/Report"));
const ProgrammeScreen = lazy(() => import("./drill/ProgrammeScreen"));
const TrainingProof = lazy(() => import("./drill/ProofPages").then((one) => ({ default: one.TrainingProof })));
const CommitteePage = lazy(() => import("./drill/ProofPages").then((one) => ({ default: one.CommitteePage })));
const CatalogueScreen = lazy(() => import("./drill/CatalogueScreen"));
const CopyExercise = lazy(() => import("./drill/ExerciseEditor").then((one) => ({ default: one.CopyExercise })));
const ChangeExercise = lazy(() => import("./drill/ExerciseEditor").then((one) => ({ default: one.ChangeExercise })));
const NewDrill = lazy(() => import("./drill/PlanDrill").then((one) => ({ default: one.NewDrill })));
const ChangeDrill = lazy(() => import("./drill/PlanDrill").then((one) => ({ default: one.ChangeDrill })));
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
      <Suspense fallback={waiting}>{state === "signed_in" ? <SignedIn /> : path === "/kom-i-gang" ? <GetStarted /> : <SignIn />}</Suspense>
    </Broken>
  );
}

function SignedIn() {
  const session = useSession();
  const services = useServices();
  const { language } = useTexts();
  const [, go] = useLocation();
  const locked = session.tier === "key";
  const surface = locked ? "phone" : session.surface;
  const desks = surface !== "wallboard" && !locked && mayHaveDesk(session);
  useEffect(() => services.phone.speak(language), [services, language]);
  useEffect(() => {
    services.onOpen = (path) => go(path);
  }, [services, go]);
  useEffect(() => suggestLanguage(session.person.language), [session.person.language]);
  return (
    <>
      <Announcer />
      <TabFace />
      <Sounding />
      {surface !== "wallboard" && <UpdateNote />}
      {desks && <Suspense><BesideTheDesk /></Suspense>}
      {surface === "wallboard" ? <WallScreen /> : surface === "desk" ? <DeskRoutes /> : <PhoneRoutes />}
      {surface !== "wallboard" && <UpdateNote below />}
      <Receipt />
    </>
  );
}

function Sounding() {
  const { sound } = useServices();
  const { surface } = useSession();
  const { language } = useTexts();
  const tone = useTone();
  useEffect(() => {
    if (surface === "phone") return;
    // A browser that the house trusts with sound needs no tap; any other takes the first one on the page.
    const unlock = () => void sound.unlock();
    unlock();
    document.addEventListener("pointerdown", unlock, { once: true });
    return () => document.removeEventListener("pointerdown", unlock);
  }, [surface, sound]);
  useEffect(() => {
    sound.play(tone, surface === "phone" ? null : language);
    if (surface === "phone") shake(tone);
    return () => sound.play(null);
  }, [tone, surface, language, sound]);
  return null;
}

/** Last in the tree: it runs only when everything above it has been drawn. */
function Receipt() {
  useDrawnReceipt();
  return null;
}

/** What is the same on a phone and at a desk. A list, not a component: the switch looks at its children's own paths. */
function sharedRoutes(button: React.ReactNode, visitSos: React.ReactNode) {
  const sos = <SosDock>{button}</SosDock>;
  return [
    <Route key="alarm" path="/i/:id">{({ id }) => <AlarmRoute id={id} sos={button} />}</Route>,
    <Route key="log" path="/log/:id">{({ id }) => <><LogScreen id={id} />{sos}</>}</Route>,
    <Route key="new" path="/ovelser/ny"><NewDrill sos={sos} /></Route>,
    <Route key="catalogue" path="/ovelser/katalog"><CatalogueScreen sos={sos} /></Route>,
    <Route key="copy" path="/ovelser/katalog/kopi/:id">{({ id }) => <CopyExercise id={id} sos={sos} />}</Route>,
    <Route key="edit" path="/ovelser/katalog/:id">{({ id }) => <ChangeExercise id={id} sos={sos} />}</Route>,
    <Route key="wheel" path="/ovelser/program/:id?">{({ id }) => <ProgrammeScreen key={id ?? ""} office_id={id} sos={sos} />}</Route>,
    <Route key="training" path="/ovelser/dokumentasjon/:id">{({ id }) => <><TrainingProof office_id={id} />{sos}</>}</Route>,
    <Route key="committee" path="/ovelser/amu/:id">{({ id }) => <><CommitteePage office_id={id} />{sos}</>}</Route>,
    <Route key="all" path="/ovelser"><DrillsScreen sos={sos} /></Route>,
    <Route key="change" path="/ovelse/:id/endre">{({ id }) => <ChangeDrill id={id} sos={sos} />}</Route>,
    <Route key="report" path="/ovelse/:id/rapport">{({ id }) => <><DrillReport id={id} />{sos}</>}</Route>,
    <Route key="one" path="/ovelse/:id">{({ id }) => <DrillScreen id={id} sos={sos} />}</Route>,
    <Route key="plan" path="/besok/ny"><PlanScreen sos={sos} /></Route>,
    <Route key="counts" path="/besok/tall"><CountsScreen sos={sos} /></Route>,
    <Route key="take" path="/bruk/:code?">{({ code }) => <TakeAlarmScreen code={code} sos={sos} />}</Route>,
    <Route key="after" path="/rapport/:id">{({ id }) => <ReportScreen id={id} sos={sos} />}</Route>,
    <Route key="visit" path="/besok/:id">{({ id }) => <VisitScreen id={id} sos={visitSos} />}</Route>,
    <Route key="visits" path="/besok"><BoardScreen sos={sos} /></Route>,
    <Route key="ready" path="/klar"><ReadinessScreen sos={sos} /></Route>,
    ...ownRoutes(sos),
  ];
}

/** What a person sets up alone. */
function ownRoutes(sos: React.ReactNode) {
  return [
    <Route key="start" path="/kom-i-gang"><GetStarted sos={sos} duty={<Duties />} /></Route>,
    <Route key="pin" path="/pin"><PinScreen sos={sos} /></Route>,
    <Route key="phones" path="/telefoner"><PhonesScreen sos={sos} /></Route>,
    <Route key="invite" path="/inviter"><InviteScreen sos={sos} /></Route>,
  ];
}

function DeskRoutes() {
  const { chosen } = useDeskOffice();
  const press = useDeskPress(chosen);
  const [, go] = useLocation();
  const send = () => {
    press.send();
    go("/");
  };
  const small = <SosButton size="small" onSend={send} />;
  return (
    <Switch>
      {sharedRoutes(small, <SosDock>{small}</SosDock>)}
      <Route><DeskScreen /></Route>
    </Switch>
  );
}

function PhoneRoutes() {
  const services = useServices();
  const session = useSession();
  const { open } = useAlarms();
  const [path, go] = useLocation();
  const tone = useTone();
  const calling = open.find(needsMyAnswer);

  const callingId = calling?.id;
  useEffect(() => {
    // Nothing else may be in front of an alarm that nobody on this phone has answered.
    if (callingId && !path.startsWith("/i/")) go(`/i/${callingId}`);
  }, [callingId, path, go]);

  const unheard = callingId !== undefined && tone === null && mayBeFelt(open);
  useEffect(() => {
    if (unheard) buzz("another");
  }, [unheard, callingId]);

  const send = useCallback(() => {
    services.outbox.signal({ kind: "panic", office_id: null, zone_id: session.zone_id });
    go("/");
  }, [services, session.zone_id, go]);
  const small = <SosButton size="small" onSend={send} />;
  const dock = <SosDock><SosButton size="large" onSend={send} /></SosDock>;
  const home = calling
    ? <AlarmScreen key={calling.id} alarm={calling} switcher={<Switcher alarms={open} current={calling.id} />} sos={small} />
    : (
      <ResponderHome
        cry={<MyCry />} after={session.tier === "key" ? null : <AfterAlarms />} ready={session.tier === "key" ? null : <Suspense><ReadySummary /></Suspense>}
        visits={<Suspense><VisitsOfMine /></Suspense>} sos={dock}
        locked={session.tier === "key" ? <Unlock /> : null}
      />
    );
  if (session.tier === "key") {
    // Nobody is signed in: what the phone itself may do, and the way in.
    return (
      <Switch>
        <Route path="/i/:id">{({ id }) => <AlarmRoute id={id} sos={small} />}</Route>
        <Route path="/kom-i-gang"><GetStarted sos={<SosDock>{small}</SosDock>} /></Route>
        <Route path="/besok/:id">{({ id }) => (id === "ny" ? home : <VisitScreen id={id} sos={dock} />)}</Route>
        <Route>{home}</Route>
      </Switch>
    );
  }
  return (
    <Switch>
      <Route path="/desk"><DeskScreen /></Route>
      {sharedRoutes(small, dock)}
      <Route>{home}</Route>
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
