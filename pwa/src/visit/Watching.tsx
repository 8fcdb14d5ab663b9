// Somebody else's visit, for the contact person and the leader: when they were last heard of, and what to do when they are late.
import { useState } from "react";
import { Link } from "wouter";
import { alarmIsWrong, isOut } from "../core/visit-rules";
import type { Choices, VisitView } from "../core/visit-contract";
import { useTexts } from "../i18n/use-texts";
import { get } from "../io/api";
import { useVisitActions, type VisitActions } from "../io/hooks";
import { Shape } from "../ui/shapes";
import { Countdown } from "./Countdown";
import { Summary } from "./Mine";
import { Unsent, VisitRefusal, VisitTap } from "./VisitTap";
import { useVisitWords } from "./words";

const on_min = [15, 30, 60];

export function Watching({ visit }: { visit: VisitView }) {
  const { t, clock } = useTexts();
  const words = useVisitWords(visit);
  const actions = useVisitActions(visit.id);
  const may = (action: string) => visit.can.includes(action);
  return (
    <div className="stack">
      <h1>{words.names}</h1>
      {visit.alarms.map((id) => <Link key={id} className="button filled tall wide" href={`/i/${id}`}><Shape name="square" /> {t("visit.to_alarm")}</Link>)}
      {visit.duress && <p className="notice amber" role="alert">{t("visit.do_not_ring")}</p>}
      {alarmIsWrong(visit) && (
        <p className={visit.alarm === "opened" ? "notice amber" : "notice dashed"} role="alert">
          <span><Shape name={visit.alarm === "opened" ? "triangle" : "question"} /> {t(`visit.alarm_${visit.alarm}_text`)}</span>
        </p>
      )}
      {isOut(visit) && <Countdown visit={visit} />}
      {!isOut(visit) && <p><span className="level">{words.state}{visit.home && ` ${clock(visit.home.at)}`}</span></p>}
      {isOut(visit) && <p>{t("visit.heard_at", { time: clock(visit.heard_at) })}</p>}
      <VisitRefusal actions={actions} of={["accept_contact", "contact_says", "recall", "approve", "hand_over", "cancel"]} />
      {may("accept_contact") && (
        <section className="card stack">
          <h2>{t("visit.accept_question")}</h2>
          <p>{t("visit.accept_text")}</p>
          <div className="choices across">
            <VisitTap actions={actions} action="accept_contact" more={{ yes: true }} className="filled tall" shape="tick">{t("visit.accept_yes")}</VisitTap>
            <VisitTap actions={actions} action="accept_contact" more={{ yes: false }} className="tall">{t("visit.accept_no")}</VisitTap>
          </div>
        </section>
      )}
      {may("approve") && <Approve visit={visit} actions={actions} />}
      {may("contact_says") && visit.late && <Chase visit={visit} actions={actions} />}
      <Unsent actions={actions} />
      <section className="card"><Summary visit={visit} /></section>
      {visit.position && <Position visit={visit} />}
      {may("contact_says") && !visit.late && <Calls visit={visit} />}
      {may("recall") && isOut(visit) && <VisitTap actions={actions} action="recall" className="tall wide">{t("visit.recall")}</VisitTap>}
      {may("hand_over") && <HandOver visit={visit} actions={actions} />}
    </div>
  );
}

function Calls({ visit }: { visit: VisitView }) {
  const { t } = useTexts();
  return (
    <>
      {visit.people.map((one) => visit.phones[one.id] && (
        <a key={one.id} className="button tall wide" href={`tel:${visit.phones[one.id]!.replaceAll(" ", "")}`}><Shape name="phone" /> {t("visit.ring", { name: one.name })}</a>
      ))}
    </>
  );
}

/** What the contact person does when somebody is late: ring, and say how it went. */
function Chase({ visit, actions }: { visit: VisitView; actions: VisitActions }) {
  const { t } = useTexts();
  const [reached, setReached] = useState(false);
  return (
    <section className="card stack chase">
      <h2>{t("visit.chase")}</h2>
      <ol className="reading">{(["chase_1", "chase_2", "chase_3"] as const).map((key) => <li key={key}>{t(`visit.${key}`)}</li>)}</ol>
      <Calls visit={visit} />
      {!reached ? (
        <div className="choices across">
          <button type="button" className="button filled tall" onClick={() => setReached(true)}>{t("visit.reached")} …</button>
          <VisitTap actions={actions} action="contact_says" more={{ reached: false }} className="tall">{t("visit.not_reached")}</VisitTap>
        </div>
      ) : (
        <div className="confirm stack">
          <p><strong>{t("visit.where_now")}</strong></p>
          <VisitTap actions={actions} action="contact_says" more={{ reached: true, home: true }} className="tall wide" shape="flag">{t("visit.is_home")}</VisitTap>
          <div className="choices across">
            {on_min.map((minutes) => (
              <VisitTap key={minutes} actions={actions} action="contact_says" more={{ reached: true, seconds: minutes * 60 }} className="tall">{t("visit.still_out", { minutes })}</VisitTap>
            ))}
          </div>
          <button type="button" className="button tall wide" onClick={() => setReached(false)}>{t("app.back")}</button>
        </div>
      )}
    </section>
  );
}

const waivable = ["two_employees", "portable_alarm", "contact_person", "leader_notified"];

function Approve({ visit, actions }: { visit: VisitView; actions: VisitActions }) {
  const { t } = useTexts();
  const words = useVisitWords(visit);
  const [reason, setReason] = useState("");
  const [waived, setWaived] = useState<string[]>([]);
  const offered = visit.required.filter((one) => waivable.includes(one) && !(visit.risk === "stop" && one === "two_employees"));
  const more = (yes: boolean) => ({ yes, reason: reason.trim(), waived: yes ? waived : [] });
  return (
    <section className="card stack">
      <h2>{t("visit.approve_question")}</h2>
      {visit.approval && <p>{t(visit.approval.yes ? "visit.approved_by" : "visit.refused_by", { name: visit.approval.by.name })} {visit.approval.reason}</p>}
      {offered.length > 0 && (
        <fieldset>
          <legend>{t("visit.waive")}</legend>
          {offered.map((one) => (
            <label key={one} className="check-line">
              <input type="checkbox" checked={waived.includes(one)} onChange={(event) => setWaived(event.target.checked ? [...waived, one] : waived.filter((other) => other !== one))} />
              {words.measure(one)}
            </label>
          ))}
        </fieldset>
      )}
      <label className="field"><span>{t("visit.reason")}</span><textarea rows={2} maxLength={300} value={reason} onChange={(event) => setReason(event.target.value)} /></label>
      <div className="choices across">
        <VisitTap actions={actions} action="approve" more={more(true)} className="filled tall">{t("visit.approve_yes")}</VisitTap>
        <VisitTap actions={actions} action="approve" more={more(false)} className="tall">{t("visit.approve_no")}</VisitTap>
      </div>
    </section>
  );
}

function HandOver({ visit, actions }: { visit: VisitView; actions: VisitActions }) {
  const { t } = useTexts();
  const [choices, setChoices] = useState<Choices | null>(null);
  const [to, setTo] = useState("");
  const open = async () => setChoices((await get<Choices>(`/api/visits/choices?office_id=${encodeURIComponent(visit.office_id)}`)).body);
  if (!choices) return <button type="button" className="button wide" onClick={() => void open()}>{t("visit.hand_over")} …</button>;
  return (
    <section className="card stack">
      <label className="field"><span>{t("visit.hand_over")}</span>
        <select value={to} onChange={(event) => setTo(event.target.value)}>
          <option value="">{t("visit.choose")}</option>
          {choices.people.filter((one) => !visit.people.some((out) => out.id === one.id) && one.id !== visit.contact?.id).map((one) => (
            <option key={one.id} value={one.id}>{one.name}{one.on_duty ? "" : ` (${t("visit.off_duty")})`}</option>
          ))}
        </select>
      </label>
      <VisitTap actions={actions} action="hand_over" more={{ to }} className="tall wide" disabled={to === ""} onTap={() => setChoices(null)}>{t("visit.hand_over_go")}</VisitTap>
    </section>
  );
}

export function Position({ visit }: { visit: Pick<VisitView, "position"> }) {
  const { t, clock } = useTexts();
  const position = visit.position;
  if (!position) return null;
  // As words: a link would hand the place to whatever map the phone has. The alarm's own screen has one of ours.
  const point = `${position.lat.toFixed(5)}, ${position.lon.toFixed(5)}`;
  return (
    <p>
      <Shape name="pin" /> {t("visit.last_position", { time: clock(position.at) })}
      <span className="soft number"> {point}{position.accuracy_m !== null && ` ± ${Math.round(position.accuracy_m)} m`}</span>
    </p>
  );
}
