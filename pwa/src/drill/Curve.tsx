// How the alarm spread: the share reached and the share that had answered, second by second. Solid and dashed, so that paper without colour shows it too.
import { markText, timeMarks } from "../core/time-axis";
import { useDrillTexts } from "./texts";

const width = 640;
const height = 200;
const left = 64;
const bottom = 32;

/** A staircase: nothing changes between two people. */
function stairs(points: readonly [number, number][], told: number, longest: number): string {
  const x = (seconds: number) => left + (seconds / longest) * (width - left);
  const y = (count: number) => height - (count / told) * (height - 8);
  return `M${x(0)} ${y(0)}` + points.map(([seconds, count]) => `H${x(seconds).toFixed(1)}V${y(count).toFixed(1)}`).join("") + `H${width}`;
}

export function Curve({ told, reached, answered }: { told: number; reached: [number, number][]; answered: [number, number][] }) {
  const { x } = useDrillTexts();
  if (told === 0) return null;
  const marks = timeMarks(Math.max(10, ...reached.map(([seconds]) => seconds), ...answered.map(([seconds]) => seconds)));
  const longest = marks.at(-1) ?? 1;
  const share = (points: [number, number][]) => Math.round((100 * (points.at(-1)?.[1] ?? 0)) / told);
  return (
    <figure className="curve">
      <svg viewBox={`0 0 ${width} ${height + bottom}`} role="img" aria-label={`${x("ex.chart_alt")}: ${x("ex.reached")} ${share(reached)} %, ${x("ex.answered")} ${share(answered)} %`}>
        {[0, 0.5, 1].map((one) => (
          <g key={one}>
            <line x1={left} x2={width} y1={height - one * (height - 8)} y2={height - one * (height - 8)} className="curve-grid" />
            <text x={left - 6} y={height - one * (height - 8) + (one === 1 ? 14 : 5)} textAnchor="end">{Math.round(one * 100)} %</text>
          </g>
        ))}
        {marks.map((one) => (
          <text key={one} className={one === 0 || one === longest ? "" : "curve-middle"} x={left + (one / longest) * (width - left)} y={height + 24} textAnchor={one === longest ? "end" : one === 0 ? "start" : "middle"}>{markText(one, longest)}</text>
        ))}
        <path d={stairs(reached, told, longest)} className="curve-reached" />
        <path d={stairs(answered, told, longest)} className="curve-answered" />
      </svg>
      <figcaption><span className="key solid" /> {x("ex.reached")} <span className="key dashed" /> {x("ex.answered")}</figcaption>
    </figure>
  );
}
