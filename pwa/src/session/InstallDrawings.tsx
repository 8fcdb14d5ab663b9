// What is to be tapped, drawn by us: a phone or a screen in outline, and the one place that matters in the beacon's yellow. The words stand beside.
import type { Platform } from "../core/phone";

const Line = ({ x, y, width }: { x: number; y: number; width: number }) => <rect x={x} y={y} width={width} height="6" rx="3" className="drawn-soft" />;
const Spot = ({ x, y, r = 15, children }: { x: number; y: number; r?: number; children: React.ReactNode }) => (
  <g transform={`translate(${x} ${y})`}><circle r={r} className="drawn-spot" /><g className="drawn-mark">{children}</g></g>
);
const Dots = ({ upright = false }: { upright?: boolean }) => <>{[-6, 0, 6].map((at) => <circle key={at} cx={upright ? 0 : at} cy={upright ? at : 0} r="1.800" />)}</>;
const Phone = ({ children }: { children: React.ReactNode }) => <><rect x="34" y="4" width="92" height="142" rx="12" className="drawn-body" />{children}</>;
const Beacon = ({ x, y, size = 26 }: { x: number; y: number; size?: number }) => <image href="/icons/varde.svg" x={x} y={y} width={size} height={size} />;
/** The share sign: a square with an arrow up. */
const Share = () => <path d="M-4-1.500h-2.500V8h13V-1.500H4M0 3v-12m-3.500 3.500L0-9l3.500 3.500" className="drawn-stroke" />;
const Plus = () => <path d="M-5.500-5.500h11v11h-11ZM0-2.500v5M-2.500 0h5" className="drawn-stroke" />;
const Down = () => <path d="M0-7V2m-3.500-3.500L0 2l3.500-3.500M-6.500 6.500h13" className="drawn-stroke" />;

/** The Home Screen: other apps in grey, ours among them. */
const Icons = () => (
  <Phone>
    {[0, 1, 2].flatMap((row) => [0, 1, 2].map((column) => <rect key={`${row}${column}`} x={43 + column * 26} y={16 + row * 28} width="20" height="20" rx="5" className="drawn-soft" />))}
    <circle cx="105" cy="82" r="17" className="drawn-spot" />
    <Beacon x={93} y={70} size={24} />
    <rect x="42" y="118" width="76" height="20" rx="8" className="drawn-soft" />
  </Phone>
);

const drawings: Record<Platform, readonly [React.ReactNode, React.ReactNode, React.ReactNode]> = {
  ios: [
    <Phone>
      <Line x={44} y={18} width={60} /><Line x={44} y={32} width={72} /><Line x={44} y={46} width={50} /><Line x={44} y={60} width={66} />
      <path d="M34 98h92" className="drawn-edge" />
      <Spot x={80} y={120}><Share /></Spot>
      <g transform="translate(112 120)" className="drawn-faint"><circle r="9" className="drawn-ring" /><Dots /></g>
      <g transform="translate(48 120)"><path d="m3-5-5 5 5 5" className="drawn-stroke drawn-faint" /></g>
    </Phone>,
    <Phone>
      <Line x={44} y={18} width={60} />
      <path d="M34 48c0-8 4-12 12-12h68c8 0 12 4 12 12" className="drawn-edge" />
      <Line x={44} y={50} width={44} /><Line x={44} y={68} width={54} />
      <rect x="39" y="84" width="82" height="28" rx="8" className="drawn-spot" />
      <rect x="45" y="95" width="44" height="6" rx="3" className="drawn-dark" />
      <g transform="translate(107 98)" className="drawn-mark"><Plus /></g>
      <Line x={44} y={124} width={50} />
    </Phone>,
    <Icons />,
  ],
  android: [
    <Phone>
      <rect x="42" y="16" width="56" height="16" rx="8" className="drawn-soft" />
      <Spot x={110} y={24} r={13}><Dots upright /></Spot>
      <Line x={44} y={50} width={60} /><Line x={44} y={64} width={72} /><Line x={44} y={78} width={50} /><Line x={44} y={92} width={66} /><Line x={44} y={106} width={40} />
    </Phone>,
    <Phone>
      <Line x={44} y={20} width={30} />
      <rect x="56" y="14" width="64" height="112" rx="6" className="drawn-sheet" />
      <Line x={64} y={24} width={40} /><Line x={64} y={42} width={34} />
      <rect x="58" y="58" width="60" height="26" rx="5" className="drawn-spot" />
      <g transform="translate(70 71) scale(.8)" className="drawn-mark"><Down /></g>
      <rect x="81" y="68" width="31" height="6" rx="3" className="drawn-dark" />
      <Line x={64} y={96} width={44} /><Line x={64} y={112} width={30} />
    </Phone>,
    <Icons />,
  ],
  desktop: [
    <>
      <rect x="6" y="22" width="148" height="104" rx="8" className="drawn-body" />
      <path d="M6 52h148" className="drawn-edge" />
      <rect x="18" y="30" width="98" height="14" rx="7" className="drawn-soft" />
      <Spot x={132} y={37} r={13}><g transform="scale(.85)"><Down /></g></Spot>
      <Line x={20} y={68} width={70} /><Line x={20} y={84} width={100} /><Line x={20} y={100} width={52} />
    </>,
    <>
      <rect x="6" y="22" width="148" height="104" rx="8" className="drawn-body" />
      <Line x={18} y={34} width={60} />
      <rect x="38" y="48" width="106" height="66" rx="8" className="drawn-sheet" />
      <Beacon x={47} y={56} size={24} /><Line x={78} y={60} width={54} /><Line x={78} y={72} width={34} />
      <rect x="86" y="88" width="50" height="18" rx="6" className="drawn-spot" />
      <rect x="97" y="94" width="28" height="6" rx="3" className="drawn-dark" />
    </>,
    <>
      <rect x="6" y="12" width="148" height="104" rx="8" className="drawn-body" />
      <path d="M6 92h148M64 138h32m-16-22v22" className="drawn-edge" />
      <rect x="18" y="97" width="14" height="14" rx="3" className="drawn-soft" /><rect x="40" y="97" width="14" height="14" rx="3" className="drawn-soft" />
      <circle cx="80" cy="96" r="19" className="drawn-spot" /><Beacon x={67} y={83} />
      <rect x="106" y="97" width="14" height="14" rx="3" className="drawn-soft" />
    </>,
  ],
};

export function InstallDrawing({ platform, number }: { platform: Platform; number: 0 | 1 | 2 }) {
  return <svg className="drawn" viewBox={platform === "desktop" ? "0 0 160 150" : "14 -6 132 162"} aria-hidden="true" focusable="false">{drawings[platform][number]}</svg>;
}
