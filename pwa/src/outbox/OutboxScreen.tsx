// The demo's outbox: what would have gone to which phone, newest first, and the keys to answer it.
import { useEffect, useRef, useState } from "react";
import { useTexts } from "../i18n/use-texts";
import { get, post } from "../io/api";
import { Settings } from "../ui/Settings";
import { Shape, type ShapeName } from "../ui/shapes";
import "./outbox.css";

interface Message {
  id: number;
  at: string;
  channel: "sms" | "voice" | "email" | "chat" | "webhook";
  name: string;
  address: string;
  text: string;
  language: string;
  drill: boolean;
  keys: boolean;
  answers: { key: string; reply: string; at: string }[];
}

interface Read {
  messages: Message[] | null;
  read_at: string | null;
  failed: boolean;
}

const read_every_ms = 1000;
const shapes: Record<Message["channel"], ShapeName> = { sms: "square", voice: "phone", email: "flag", chat: "people", webhook: "shield" };

export default function OutboxScreen() {
  const { t, clock } = useTexts();
  const { messages, read_at, failed } = useOutbox();
  const [whose, setWhose] = useState("");
  const names = [...new Set(messages?.map((one) => one.name))].sort((a, b) => a.localeCompare(b, "nb"));
  const shown = messages?.filter((one) => whose === "" || one.name === whose);
  return (
    <div className="page">
      <header className="top outbox-top">
        <div className="top-inner">
          <a href="/" className="brand"><img src="/icons/varde.svg" alt="" />{t("app.name")}</a>
          <Settings />
        </div>
      </header>
      <main id="content" className="page-main">
        <div className="stack">
          <div className="row apart">
            <h1>{t("outbox.title")}</h1>
            {read_at && <span className={failed ? "notice dashed" : "soft number"}>{t(failed ? "outbox.stale" : "outbox.as_of", { time: clock(read_at, true) })}</span>}
          </div>
          <p className="soft">{t("outbox.lead")}</p>
          {failed && messages === null && <p className="notice dashed" role="alert"><span><Shape name="question" /> {t("outbox.gone")}</span></p>}
          {messages?.length === 0 && <p className="notice">{t("outbox.empty")}</p>}
          {names.length > 1 && (
            <label className="field outbox-whose">
              <span>{t("outbox.whose")}</span>
              <select value={whose} onChange={(event) => setWhose(event.target.value)}>
                <option value="">{t("outbox.everybody", { count: messages?.length ?? 0 })}</option>
                {names.map((name) => <option key={name} value={name}>{name}</option>)}
              </select>
            </label>
          )}
          <ol className="outbox" aria-live="polite">{shown?.map((one) => <li key={one.id}><OneMessage message={one} /></li>)}</ol>
        </div>
      </main>
    </div>
  );
}

/** Asked for each second; the server says when there is nothing new. What was shown stays when it does not answer, and says how old it is. */
function useOutbox(): Read {
  const [read, setRead] = useState<Read>({ messages: null, read_at: null, failed: false });
  const seen = useRef<number | null>(null);
  useEffect(() => {
    let stopped = false;
    let timer = 0;
    const look = async () => {
      const asked = seen.current === null ? "" : `?seen=${seen.current}`;
      const answer = await get<{ changes: number; messages: Message[] | null }>(`/api/demo/outbox${asked}`);
      if (stopped) return;
      const body = answer.ok ? answer.body : null;
      if (body?.messages) seen.current = body.changes;
      setRead((before) => (body
        ? { messages: body.messages ?? before.messages, read_at: new Date().toISOString(), failed: false }
        : { ...before, failed: true }));
      timer = window.setTimeout(() => void look(), read_every_ms);
    };
    void look();
    return () => { stopped = true; clearTimeout(timer); };
  }, []);
  return read;
}

/** A Norwegian number as people read it; everything else as it is. */
function readable(address: string): string {
  return address.replace(/^\+47(\d\d)(\d\d)(\d\d)(\d\d)$/, "+47 $1 $2 $3 $4");
}

function OneMessage({ message }: { message: Message }) {
  const { t, clock } = useTexts();
  return (
    <article className={`card stack outbox-message ${message.channel} ${message.drill ? "drill" : ""}`}>
      <header className="row apart">
        <h2 className="outbox-channel"><Shape name={shapes[message.channel]} /> {t(`outbox.channel_${message.channel}`)}</h2>
        <span className="soft number">{clock(message.at, true)}</span>
      </header>
      <p className="outbox-to">{t("outbox.to", { name: message.name, address: readable(message.address) })}</p>
      {message.drill && <p className="outbox-drill">{t("outbox.exercise")}</p>}
      <blockquote className="outbox-text" lang={message.language}>{message.text}</blockquote>
      <Answers message={message} />
      {message.answers.length > 0 && (
        <ul className="outbox-answers">
          {message.answers.map((one) => (
            <li key={`${one.at}${one.key}`}>
              {one.key === "delivered" ? t("outbox.was_delivered", { time: clock(one.at, true) }) : t("outbox.you_said", { time: clock(one.at, true), text: one.key })}
              {one.key !== "delivered" && <strong>{one.reply ? t("outbox.varde_said", { text: one.reply }) : t("outbox.question_follows")}</strong>}
            </li>
          ))}
        </ul>
      )}
    </article>
  );
}

function Answers({ message }: { message: Message }) {
  const { t } = useTexts();
  const [text, setText] = useState("");
  const [state, setState] = useState<"idle" | "busy" | "failed">("idle");
  const byPhone = message.channel === "sms" || message.channel === "voice";
  if (!message.keys && !byPhone) return null;
  const call = async (path: string, body: unknown) => {
    setState("busy");
    const answer = await post(`/api/demo/outbox/${message.id}/${path}`, body);
    setState(answer.ok ? "idle" : "failed");
    return answer.ok;
  };
  const busy = state === "busy";
  return (
    <div className="stack">
      <div className="outbox-keys">
        {message.keys && ["1", "2"].map((key) => (
          <button key={key} type="button" className="button" disabled={busy} onClick={() => void call("answer", { text: key })}>
            {t(message.channel === "sms" ? "outbox.key" : "outbox.press", { key })}
          </button>
        ))}
        {message.channel === "sms" && (
          <button type="button" className="button quiet" disabled={busy} onClick={() => void call("delivered", {})}>{t("outbox.delivered")}</button>
        )}
      </div>
      {message.channel === "sms" && message.keys && (
        <form className="outbox-write" onSubmit={(event) => { event.preventDefault(); if (text.trim()) void call("answer", { text: text.trim() }).then((ok) => ok && setText("")); }}>
          <input aria-label={t("outbox.write")} placeholder={t("outbox.write")} value={text} maxLength={160} onChange={(event) => setText(event.target.value)} />
          <button type="submit" className="button" disabled={busy || !text.trim()}>{t("outbox.send")}</button>
        </form>
      )}
      {state === "failed" && <p className="notice amber" role="alert">{t("outbox.failed")}</p>}
    </div>
  );
}
