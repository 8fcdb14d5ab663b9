// A portable alarm from the shelf: scanned, typed or pressed; pressed once as a test; mine until I hand it back.
import { useCallback, useEffect, useRef, useState } from "react";
import { Link } from "wouter";
import { parse_ms } from "../core/age";
import { spanText } from "../core/visit-rules";
import { isText } from "../i18n/texts";
import { useTexts } from "../i18n/use-texts";
import { get, post } from "../io/api";
import { useNow_ms, useSession } from "../io/hooks";
import { canScan, scan } from "../io/scanner";
import { Page } from "../ui/Page";
import { Shape } from "../ui/shapes";
import "./visit.css";

interface Portable {
  id: string;
  name: string;
  fixed: boolean;
  tested: boolean;
  heard: boolean;
  heard_at: string | null;
  battery: number | null;
  armed_until: string | null;
}

/** While a press is waited for. */
const look_every_ms = 2000;
const low_percent = 40;

export function useMyPortables(often: boolean): { mine: Portable[] | null; look: () => Promise<void> } {
  const [mine, setMine] = useState<Portable[] | null>(null);
  const look = useCallback(async () => {
    const answer = await get<{ mine: Portable[] }>("/api/portables");
    if (answer.ok && answer.body) setMine(answer.body.mine);
  }, []);
  useEffect(() => {
    void look();
    const timer = setInterval(() => void look(), often ? look_every_ms : 30_000);
    return () => clearInterval(timer);
  }, [look, often]);
  return { mine, look };
}

export default function TakeAlarmScreen({ code, sos }: { code?: string; sos: React.ReactNode }) {
  const { t } = useTexts();
  const session = useSession();
  const [typed, setTyped] = useState(code ?? "");
  const [pressUntil, setPressUntil] = useState<string | null>(null);
  const [problem, setProblem] = useState<{ reason: string; name: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const now_ms = useNow_ms();
  const waiting_ms = (parse_ms(pressUntil) ?? 0) - now_ms;
  const { mine, look } = useMyPortables(true);
  const count = useRef(0);

  useEffect(() => {
    // The press has come: one more is mine.
    if (mine && mine.length > count.current) setPressUntil(null);
    count.current = mine?.length ?? 0;
  }, [mine]);

  const ask = async (path: string, body: Record<string, unknown>) => {
    if (busy) return null;
    setBusy(true);
    setProblem(null);
    const answer = await post<{ until?: string; detail?: string }>(path, body);
    setBusy(false);
    if (!answer.ok) setProblem({ reason: answer.status === 0 ? "no_answer" : (answer.reason ?? "unknown"), name: answer.body?.detail ?? "" });
    await look();
    return answer.ok ? answer.body : null;
  };
  const take = async (what: string) => {
    if (what.trim() === "") return;
    if (await ask("/api/portables/take", { code: what })) setTyped("");
  };
  const byPress = async (office_id: string) => setPressUntil((await ask("/api/portables/press", { office_id }))?.until ?? null);
  const [scanning, setScanning] = useState<AbortController | null>(null);
  const seen = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!scanning || !seen.current) return;
    void scan(seen.current, scanning.signal).then((found) => {
      setScanning(null);
      if (found.code !== null) void take(found.code);
      else if (found.why !== "cancelled") setProblem({ reason: found.why, name: "" });
    });
    return () => scanning.abort(); // the page is left: the camera is put out
  }, [scanning]);

  return (
    <Page>
      <div className="stack">
        <h1>{t("portable.title")}</h1>
        {problem && <p className="notice amber" role="alert">{problemText(t, problem)}</p>}
        {(mine ?? []).map((one) => <Mine key={one.id} portable={one} again={() => void take(one.id)} back={() => void ask(`/api/portables/${encodeURIComponent(one.id)}/hand_back`, {})} />)}
        <section className="card stack">
          <h2>{t("portable.take")}</h2>
          <form className="stack" onSubmit={(event) => { event.preventDefault(); void take(typed); }}>
            <label className="field"><span>{t("portable.number")}</span>
              <input value={typed} inputMode="numeric" autoComplete="off" maxLength={64} onChange={(event) => setTyped(event.target.value)} />
            </label>
            <button type="submit" className="button filled tall wide" aria-disabled={busy || typed.trim() === ""}>{t("portable.take_go")}</button>
          </form>
          {canScan() && scanning === null && <button type="button" className="button tall wide" onClick={() => { setProblem(null); setScanning(new AbortController()); }}>{t("portable.scan")}</button>}
          {scanning !== null && (
            <div className="stack" role="group" aria-label={t("portable.scan")}>
              <p role="status">{t("portable.scanning")}</p>
              <div ref={seen} className="scanner" />
              <button type="button" className="button tall wide" onClick={() => scanning.abort()}>{t("app.cancel")}</button>
            </div>
          )}
          {waiting_ms > 0
            ? <p className="notice" role="status"><strong>{t("portable.press_now", { span: spanText(Math.ceil(waiting_ms / 1000)) })}</strong></p>
            : session.offices.map((office) => (
              <button key={office.id} type="button" className="button tall wide" onClick={() => void byPress(office.id)}>
                {session.offices.length > 1 ? t("portable.by_press_at", { office: office.name }) : t("portable.by_press")}
              </button>
            ))}
        </section>
        <p className="soft">{t("portable.about")}</p>
        <Link className="button tall wide" href="/besok">{t("visit.to_list")}</Link>
      </div>
      {sos}
    </Page>
  );
}

function Mine({ portable, again, back }: { portable: Portable; again: () => void; back: () => void }) {
  const { t, clock } = useTexts();
  const now_ms = useNow_ms();
  const left_ms = (parse_ms(portable.armed_until) ?? 0) - now_ms;
  const low = portable.battery !== null && portable.battery <= low_percent;
  return (
    <section className="card stack">
      <h2>{portable.name}</h2>
      {portable.tested
        ? <p><Shape name="tick" size={22} /> <strong>{t("portable.proven")}</strong></p>
        : left_ms > 0
          ? <p className="notice" role="status"><strong>{t("portable.test_now", { span: spanText(Math.ceil(left_ms / 1000)) })}</strong></p>
          : <>
              <p className="notice amber" role="status">{t("portable.not_proven")}</p>
              <button type="button" className="button filled tall wide" onClick={again}>{t("portable.test_again")}</button>
            </>}
      {!portable.heard && <p className="notice dashed">{portable.heard_at ? t("portable.not_heard", { time: clock(portable.heard_at) }) : t("portable.never_heard")}</p>}
      {portable.battery !== null && <p className={low ? "notice amber" : "soft"}>{t(low ? "portable.battery_low" : "portable.battery", { percent: portable.battery })}</p>}
      {!portable.fixed && <button type="button" className="button tall wide" onClick={back}>{t("portable.hand_back")}</button>}
    </section>
  );
}

function problemText(t: ReturnType<typeof useTexts>["t"], { reason, name }: { reason: string; name: string }): string {
  const key = `portable.refused_${reason}`;
  return isText(key) ? t(key, { name }) : t("visit.refused", { reason });
}
