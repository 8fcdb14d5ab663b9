// The catalogue: the office's own exercises, which are edited and put away, and those that ship, which are copied.
import { useState } from "react";
import { Link } from "wouter";
import type { WholeExercise } from "../core/exercise-draft";
import { remove } from "../io/api";
import { Page } from "../ui/Page";
import { useOfficeNames } from "./parts";
import { refusalText, useDrillTexts } from "./texts";
import { useExercises, usePlannedOffices } from "./use-exercises";
import "./drill.css";

export default function CatalogueScreen({ sos }: { sos: React.ReactNode }) {
  const { x } = useDrillTexts();
  const { catalogue, failed, read } = useExercises();
  const mine = usePlannedOffices().map((one) => one.id);
  const all = catalogue?.exercises ?? [];
  const own = all.filter((one) => one.office_id !== null);
  return (
    <Page>
      <div className="stack">
        <Link className="drill-back" href="/ovelser">← {x("ex.title")}</Link>
        <h1>{x("ex.catalogue")}</h1>
        <p className="soft">{x("ex.catalogue_text")}</p>
        {failed && <p className="notice dashed" role="status">{x("ex.unknown")}</p>}
        <section className="stack">
          <h2>{x("ex.own_exercises")}</h2>
          {catalogue && own.length === 0 && <p className="soft">{x("ex.own_none")}</p>}
          <ul className="drill-rows">{own.map((one) => <Row key={one.id} exercise={one} mine={mine.includes(one.office_id ?? "")} gone={() => void read()} />)}</ul>
        </section>
        <section className="stack">
          <h2>{x("ex.shipped")}</h2>
          <ul className="drill-rows">{all.filter((one) => one.office_id === null).map((one) => <Row key={one.id} exercise={one} mine={false} gone={() => undefined} />)}</ul>
        </section>
      </div>
      {sos}
    </Page>
  );
}

function Row({ exercise, mine, gone }: { exercise: WholeExercise; mine: boolean; gone: () => void }) {
  const { x, say } = useDrillTexts();
  const office = useOfficeNames()[exercise.office_id ?? ""];
  const [asked, setAsked] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const title = say(exercise.title);
  const putAway = async () => {
    const answer = await remove(`/api/exercises/${encodeURIComponent(exercise.id)}`);
    setProblem(answer.ok ? null : (answer.reason ?? "no_answer"));
    setAsked(false);
    if (answer.ok) gone();
  };
  return (
    <li className="drill-row">
      <span className="drill-row-name"><strong>{title}</strong><span className="soft">{[x("ex.minutes", { count: exercise.duration_min }), office].filter(Boolean).join(" · ")}</span></span>
      <span className="row">
        {mine && !asked && <button type="button" className="button quiet" aria-label={`${x("ex.put_away")}: ${title}`} onClick={() => setAsked(true)}>{x("ex.put_away")}</button>}
        {mine && asked && <><button type="button" className="button" onClick={() => void putAway()}>{x("ex.put_away_yes")}</button><button type="button" className="button quiet" onClick={() => setAsked(false)}>{x("ex.stop_no_short")}</button></>}
        <Link className="button" aria-label={`${x("ex.copy")}: ${title}`} href={`/ovelser/katalog/kopi/${exercise.id}`}>{x("ex.copy")}</Link>
        {mine && <Link className="button" aria-label={`${x("ex.change")}: ${title}`} href={`/ovelser/katalog/${exercise.id}`}>{x("ex.change")}</Link>}
      </span>
      {problem && <p className="notice amber" role="alert">{refusalText(x, problem)}</p>}
    </li>
  );
}
