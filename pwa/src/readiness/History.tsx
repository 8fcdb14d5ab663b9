// How the chain has been over time: how many silent tests held, how fast, each one as a mark; and the numbers to take along.
import { useTexts } from "../i18n/use-texts";
import { useDays } from "./ReadyNow";
import { useRead, type Proofs } from "./use-readiness";

const days = 30;
const marks_most = 60;

const mark = (one: Proofs["proofs"][number]) => (one.broken ? "broken" : one.whole ? "held" : "to_server");

export function History({ office_id }: { office_id: string }) {
  const { t, clock, language } = useTexts();
  const { day } = useDays();
  const { value } = useRead<Proofs>(`/api/offices/${office_id}/proofs?days=${days}`, office_id);
  if (!value) return null;
  const { summary } = value;
  const number = new Intl.NumberFormat(language === "en" ? "en-GB" : "nb-NO", { maximumFractionDigits: 2 });
  const spread = (half_ms: number | null, most_ms: number | null, unit: "ready.seconds" | "ready.milliseconds") => {
    if (half_ms === null || most_ms === null) return t("ready.nothing_yet");
    const [half, most] = [half_ms, most_ms].map((ms) => t(unit, { seconds: number.format(ms / 1000), ms: number.format(ms) }));
    return t("ready.half_and_most", { half, most });
  };
  const ended = value.proofs.filter((one) => one.ended_at).slice(0, marks_most).reverse();
  return (
    <section className="card stack" aria-labelledby="history">
      <h2 id="history">{t("ready.history", { days })}</h2>
      {summary.runs === 0 ? <p>{t("ready.no_runs")}</p> : (
        <>
          <dl className="ready-numbers">
            <div><dt>{t("ready.held")}</dt><dd>{t("ready.held_of", { held: summary.held, runs: summary.runs, share: number.format((summary.share ?? 0) * 100) })}</dd></div>
            <div><dt>{t("ready.to_screen")}</dt><dd>{t("ready.of", { some: summary.to_screen, all: summary.held })}</dd></div>
            <div><dt>{t("ready.chain_time")}</dt><dd>{spread(summary.chain_p50_ms, summary.chain_p95_ms, "ready.seconds")}</dd></div>
            <div><dt>{t("ready.screen_time")}</dt><dd>{spread(summary.screen_p50_ms, summary.screen_p95_ms, "ready.milliseconds")}</dd></div>
            <div><dt>{t("ready.screens")}</dt><dd>{t("ready.of", { some: summary.screens_answered, all: summary.screens })}</dd></div>
          </dl>
          <ol className="ready-marks" aria-label={t("ready.marks")}>
            {ended.map((one) => (
              <li key={one.id} className={mark(one)}>
                <span className="hidden-text">{`${day(one.made_at)} ${clock(one.made_at)}: ${t(`ready.mark_${mark(one)}`)}`}</span>
              </li>
            ))}
          </ol>
        </>
      )}
      <p><a className="button" href={`/api/offices/${office_id}/proofs.csv`} download>{t("ready.csv")}</a></p>
    </section>
  );
}
