// The chain from button to screen: whether it held at the last silent test, what is broken, and trying it now.
import { useEffect, useState } from "react";
import { whysOf } from "../core/light";
import { useTexts } from "../i18n/use-texts";
import { get, post } from "../io/api";
import { Because } from "../safety/StatusLight";
import { Shape, type ShapeName } from "../ui/shapes";
import { useDays } from "./ReadyNow";
import type { OfficeReady, Proofs } from "./use-readiness";

const shapes: Record<string, ShapeName> = { fine: "tick", broken: "triangle", unknown: "question", none: "dashed" };
const look_every_ms = 1500;
/** A run that is not over by then never will be. */
const patience_ms = 60_000;

export function Chain({ ready, again }: { ready: OfficeReady; again: () => void }) {
  const { t, clock } = useTexts();
  const { day } = useDays();
  const { proof } = ready;
  const { running, failed, begin } = useTrial(ready.office_id, again);
  const when = proof.at ? t("ready.chain_at", { day: day(proof.at), time: clock(proof.at) }) : t("ready.chain_never");
  return (
    <section className="card stack" aria-labelledby="chain">
      <h2 id="chain">{t("ready.chain")}</h2>
      <div className={`ready-word ${proof.state}`} role="status">
        <Shape name={running ? "clock" : (shapes[proof.state] ?? "question")} size={32} />
        <div>
          <strong>{t(running ? "ready.chain_running" : proof.unproven === "screens" ? "ready.chain_unknown_screens" : `ready.chain_${proof.state}`)}</strong>
          {proof.state === "broken" && !running && whysOf(ready).map((why) => <p key={why.about}><Because why={why} /></p>)}
          {proof.state !== "none" && <p className="soft">{when}</p>}
        </div>
      </div>
      <p className="soft">{t("ready.chain_what")}</p>
      {proof.state !== "none" && <button type="button" className="button wide" disabled={running} onClick={begin}>{t("ready.chain_try")}</button>}
      {failed && <p className="notice amber" role="alert">{t("ready.chain_failed")}</p>}
    </section>
  );
}

function useTrial(office_id: string, again: () => void) {
  const [id, setId] = useState<string | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    if (!id) return;
    const until_ms = Date.now() + patience_ms;
    const timer = setInterval(() => void get<Proofs>(`/api/offices/${office_id}/proofs?days=1`).then(({ body }) => {
      const over = body?.proofs.some((one) => one.id === id && one.ended_at);
      if (!over && Date.now() < until_ms) return;
      if (!over) setFailed(true);
      setId(null);
      again();
    }), look_every_ms);
    return () => clearInterval(timer);
  }, [id, office_id, again]);
  const begin = () => {
    setFailed(false);
    void post<{ id: string }>(`/api/offices/${office_id}/proofs`, undefined).then((answer) => {
      if (answer.ok && answer.body) setId(answer.body.id);
      else setFailed(true);
    });
  };
  return { running: id !== null, failed, begin };
}
