// What happened in an alarm, line by line, and whether anybody has tampered with it.
import { useEffect, useState } from "react";
import { Link } from "wouter";
import { dateText } from "../core/age";
import type { AlarmLog, LogEntry } from "../core/session-contract";
import { isText } from "../i18n/texts";
import { useTexts } from "../i18n/use-texts";
import { get } from "../io/api";
import { useAlarms, useServices, useValue } from "../io/hooks";
import { useRoleName } from "../safety/words";
import { Page } from "../ui/Page";
import { Shape } from "../ui/shapes";
import "./log.css";

export default function LogScreen({ id }: { id: string }) {
  const { t, language } = useTexts();
  const { all } = useAlarms();
  const [log, setLog] = useState<AlarmLog | "failed" | null>(null);
  const alarm = all[id];
  const read = log !== null && log !== "failed" ? log : null;
  useEffect(() => {
    void get<AlarmLog>(`/api/alarms/${encodeURIComponent(id)}/log`).then((answer) => setLog(answer.ok && answer.body ? answer.body : "failed"));
  }, [id, alarm?.version]);
  return (
    <Page>
      <article className="log stack">
        <header>
          <h1>{t("log.title")}{alarm && ` – ${alarm.place.zone || alarm.place.office}`}</h1>
          {alarm && <p className="soft">{[alarm.place.office, dateText(alarm.opened_at, language)].filter(Boolean).join(" · ")}</p>}
        </header>
        {(read?.drill || alarm?.drill) && <p className="log-drill">{[t("alarm.drill"), alarm?.drill?.name].filter(Boolean).join(" · ")}</p>}
        {log === null && <p>{t("app.loading")}</p>}
        {log === "failed" && <p className="notice dashed">{t("log.failed")}</p>}
        {read && <><Seal intact={read.intact} /><Entries entries={read.entries} /></>}
        <Link className="button wide" href={alarm ? `/i/${id}` : "/"}>{t("app.back")}</Link>
      </article>
    </Page>
  );
}

function Seal({ intact }: { intact: boolean }) {
  const { t } = useTexts();
  return (
    <section className={`seal ${intact ? "intact" : "broken"}`}>
      <Shape name={intact ? "lock" : "triangle"} size={32} />
      <div><strong>{t(intact ? "log.intact" : "log.broken")}</strong><p>{t(intact ? "log.intact_text" : "log.broken_text")}</p></div>
    </section>
  );
}

function Entries({ entries }: { entries: LogEntry[] }) {
  const { t, clock } = useTexts();
  const detail = useDetail();
  if (entries.length === 0) return <p className="soft">{t("log.empty")}</p>;
  return (
    <ol className="entries">
      {entries.map((entry) => {
        const key = `log.${entry.what}`;
        const about = detail(entry);
        return (
          <li key={entry.n} className={`entry ${weight(entry.what)}`}>
            <time className="number" dateTime={entry.at}>{clock(entry.at, true)}</time>
            <div>
              <p><strong>{isText(key) ? t(key as "log.opened") : entry.what}</strong>{entry.who && <span> · {entry.who.name}</span>}</p>
              {about && <p className="soft">{about}</p>}
            </div>
          </li>
        );
      })}
    </ol>
  );
}

function weight(what: string): string {
  if (["opened", "joined", "duress", "level_raised", "situation_changed"].includes(what)) return "weighty";
  return ["resolved", "cancelled", "confirmed"].includes(what) ? "final" : "";
}

/** The words inside an entry that mean something to a reader; ids and numbers are left out. */
function useDetail(): (entry: LogEntry) => string {
  const { t, say } = useTexts();
  const roleName = useRoleName();
  const content = useValue(useServices().content);
  const word = (value: unknown) => (typeof value === "string" ? value : "");
  return ({ what, data }) => {
    const tells_of_a_mark = what === "mark" || what === "tick"; // elsewhere the entry itself says it
    const outcome = `ending.${word(data["outcome"])}`;
    return [
      word(data["name"]) || word(data["person_name"]),
      data["role"] ? roleName(word(data["role"])) : "",
      data["mark"] && tells_of_a_mark ? say(content?.marks[word(data["mark"])]?.text) || word(data["mark"]) : "",
      word(data["value"]),
      data["situation"] ? say(content?.situations[word(data["situation"])]?.when) : "",
      data["outcome"] && isText(outcome) ? t(outcome as "ending.handled") : "",
      word(data["text"]),
    ].filter(Boolean).join(" · ");
  };
}
