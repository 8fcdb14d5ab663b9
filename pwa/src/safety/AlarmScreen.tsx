// An alarm, whole: red from edge to edge until I have answered, then my card and everything around it.
import { useEffect } from "react";
import { Link } from "wouter";
import { can, hasAnswered, isOpen, needsMyAnswer } from "../core/alarm-rules";
import type { AlarmView } from "../core/contract";
import { useTexts } from "../i18n/use-texts";
import { useActions, useConnection } from "../io/hooks";
import { useSeenReceipt } from "../io/use-drawn-receipt";
import { ConnectionLine } from "../ui/ConnectionLine";
import { AlarmMap } from "./AlarmMap";
import { AlarmHead } from "./AlarmHead";
import { AllClear } from "./AllClear";
import { AnswerBar } from "./AnswerBar";
import { EndsItself, ThisIsReal } from "./Drill";
import { Ending } from "./Ending";
import { FloorDrawing } from "./FloorDrawing";
import { MyStage } from "./MyStage";
import { AmbulanceLine, PoliceLine } from "./PoliceLine";
import { Report, Switches } from "./Report";
import { RoleCard } from "./RoleCard";
import { Warnings } from "./Warnings";
import { WhoIsComing } from "./WhoIsComing";
import { lookOf, useAlarmWords } from "./words";
import "./alarm.css";
import "./alarm-parts.css";

export interface AlarmScreenProps {
  alarm: AlarmView;
  /** The other open alarms, always in sight. */
  switcher?: React.ReactNode;
  /** The SOS of the person who holds this phone. */
  sos?: React.ReactNode;
  onDone?: () => void;
}

export function AlarmScreen({ alarm, switcher, sos, onDone }: AlarmScreenProps) {
  useSeenReceipt(alarm.id);
  const { t } = useTexts();
  const { connection } = useConnection();
  const calling = isOpen(alarm) && needsMyAnswer(alarm) && alarm.me.ask === null;
  useEffect(() => {
    // What and where come first, however far down the reader was on the screen before.
    window.scrollTo?.(0, 0);
  }, [alarm.id, calling]);
  if (!isOpen(alarm)) return <>{switcher}<AllClear alarm={alarm} onDone={onDone} /></>;
  return (
    <div className={`alarm-screen ${lookOf(alarm)} ${calling ? "calling" : ""}`}>
      <header className="alarm-line">
        <ConnectionLine />
        {hasAnswered(alarm) && <Link href="/" className="button quiet">{t("alarm.minimise")}</Link>}
      </header>
      {connection === "unknown" && <p className="notice amber alarm-lost">{t("line.lost_in_incident")}</p>}
      {switcher}
      <main className="alarm-main">
        <AlarmHead alarm={alarm} large={calling} />
        {alarm.drill && <div className="drill-way-out"><ThisIsReal alarm={alarm} /></div>}
        {calling ? <Calling alarm={alarm} /> : <Working alarm={alarm} />}
      </main>
      <Answer alarm={alarm} sos={sos} />
    </div>
  );
}

function Answer({ alarm, sos }: { alarm: AlarmView; sos: React.ReactNode }) {
  return <AnswerBar alarm={alarm} actions={useActions(alarm.id)} beside={sos} />;
}

/** Before the answer: no more than one needs to decide. */
function Calling({ alarm }: { alarm: AlarmView }) {
  const { t } = useTexts();
  const words = useAlarmWords(alarm);
  const actions = useActions(alarm.id);
  const fillers = alarm.people.filter((person) => ["coming", "there", "taken"].includes(person.stage));
  return (
    <div className="calling-body">
      {words.goToScene && <p className="go-to-scene">{words.goToScene}</p>}
      <Warnings alarm={alarm} />
      <PoliceLine alarm={alarm} actions={actions} canMark={false} />
      <p className="calling-facts">
        {fillers.length > 0 ? fillers.map((person) => `${person.name} ${t(`stage.${person.stage}`)}`).join(" · ") : t("coming.nobody")}
        {alarm.told.count > 0 && <><br />{t("alarm.told_line", { reached: alarm.told.reached, count: alarm.told.count })}</>}
      </p>
      <EndsItself alarm={alarm} />
      <FloorDrawing alarm={alarm} />
    </div>
  );
}

function Working({ alarm }: { alarm: AlarmView }) {
  const { t } = useTexts();
  const actions = useActions(alarm.id);
  return (
    <div className="working">
      <div className="working-first stack">
        <MyStage alarm={alarm} actions={actions} />
        <Warnings alarm={alarm} />
        <AmbulanceLine alarm={alarm} actions={actions} />
        <RoleCard alarm={alarm} actions={actions} />
        <Switches alarm={alarm} actions={actions} />
      </div>
      <div className="working-second stack">
        <PoliceLine alarm={alarm} actions={actions} />
        <FloorDrawing alarm={alarm} />
        <AlarmMap alarm={alarm} />
        <WhoIsComing alarm={alarm} actions={actions} />
        <Report alarm={alarm} actions={actions} />
        <EndsItself alarm={alarm} />
        <Ending alarm={alarm} actions={actions} />
        {!can(alarm, "acknowledge") && alarm.me.near ? null : <Link className="button wide" href={`/log/${alarm.id}`}>{t("alarm.log")}</Link>}
      </div>
    </div>
  );
}
