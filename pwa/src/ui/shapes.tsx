// The few shapes that carry meaning beside word and colour; each can be told apart without colour.
export type ShapeName =
  | "disc" | "ring" | "dashed" | "square" | "triangle" | "question" | "tick" | "cross" | "shield" | "phone" | "clock" | "people" | "pin" | "lock" | "flag" | "arrow" | "share" | "larger" | "smaller" | "speaker";

const drawings: Record<ShapeName, React.ReactNode> = {
  disc: <circle cx="12" cy="12" r="8" fill="currentColor" />,
  ring: <circle cx="12" cy="12" r="7.5" fill="none" stroke="currentColor" strokeWidth="3" />,
  dashed: <circle cx="12" cy="12" r="8" fill="none" stroke="currentColor" strokeWidth="2.500" strokeDasharray="4 3.200" />,
  square: <rect x="4" y="4" width="16" height="16" rx="1" fill="currentColor" />,
  triangle: <path d="M12 3 22.500 21h-21Z" fill="currentColor" />,
  question: <path d="M8 9a4 4 0 1 1 5.500 3.700c-1 .4-1.500 1-1.500 2V16m0 2.800v.700" fill="none" stroke="currentColor" strokeWidth="2.600" strokeLinecap="round" />,
  tick: <path d="m4.500 12.500 5 5 10-11" fill="none" stroke="currentColor" strokeWidth="3" strokeLinecap="round" strokeLinejoin="round" />,
  cross: <path d="m5.500 5.500 13 13m0-13-13 13" fill="none" stroke="currentColor" strokeWidth="3" strokeLinecap="round" />,
  shield: <path d="M12 3 4.500 6v5.500c0 4.500 3 7.800 7.500 9.500 4.500-1.700 7.500-5 7.500-9.500V6Z" fill="none" stroke="currentColor" strokeWidth="2.500" strokeLinejoin="round" />,
  phone: <path d="M7 3.500 4.500 5c-.4 6.500 8 15 14.500 14.500l1.500-2.500-4.500-3-2 1.500c-2-1-4-3-5-5l1.500-2Z" fill="none" stroke="currentColor" strokeWidth="2.200" strokeLinejoin="round" />,
  clock: <path d="M12 7v5.300l3.300 2M12 3.500a8.500 8.500 0 1 1 0 17 8.500 8.500 0 0 1 0-17Z" fill="none" stroke="currentColor" strokeWidth="2.200" strokeLinecap="round" />,
  people: <path d="M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7Zm-6 9c0-4 2.500-6 6-6s6 2 6 6M16 4.500a3.300 3.300 0 0 1 0 6.200M17.500 14.200c2.200.700 3.500 2.500 3.500 5.300" fill="none" stroke="currentColor" strokeWidth="2.200" strokeLinecap="round" />,
  pin: <path d="M12 21s-6.500-6-6.500-11.300a6.500 6.500 0 0 1 13 0C18.500 15 12 21 12 21Zm0-9a2.300 2.300 0 1 0 0-4.600 2.300 2.300 0 0 0 0 4.600Z" fill="none" stroke="currentColor" strokeWidth="2.200" />,
  lock: <path d="M6 11h12v9H6Zm2.500 0V8a3.500 3.500 0 0 1 7 0v3" fill="none" stroke="currentColor" strokeWidth="2.400" strokeLinejoin="round" />,
  flag: <path d="M6 21V4h11l-2.500 4 2.500 4H6" fill="none" stroke="currentColor" strokeWidth="2.400" strokeLinejoin="round" />,
  share: <path d="M8 10H5v11h14V10h-3M12 15V3m-4 4 4-4 4 4" fill="none" stroke="currentColor" strokeWidth="2.200" strokeLinecap="round" strokeLinejoin="round" />,
  larger: <path d="M15.500 15.500 20.500 20.500M10.500 17a6.500 6.500 0 1 1 0-13 6.500 6.500 0 0 1 0 13ZM10.500 7.800v5.400M7.800 10.500h5.400" fill="none" stroke="currentColor" strokeWidth="2.200" strokeLinecap="round" />,
  smaller: <path d="M15.500 15.500 20.500 20.500M10.500 17a6.500 6.500 0 1 1 0-13 6.500 6.500 0 0 1 0 13ZM7.800 10.500h5.400" fill="none" stroke="currentColor" strokeWidth="2.200" strokeLinecap="round" />,
  speaker: <path d="M4 9.500v5h3.500L12 19V5L7.500 9.500ZM15.500 9a4.500 4.500 0 0 1 0 6M18 6.500a8 8 0 0 1 0 11" fill="none" stroke="currentColor" strokeWidth="2.200" strokeLinecap="round" strokeLinejoin="round" />,
  arrow: <path d="m9 5 7 7-7 7" fill="none" stroke="currentColor" strokeWidth="3" strokeLinecap="round" strokeLinejoin="round" />,
};

export function Shape({ name, size = 20 }: { name: ShapeName; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {drawings[name]}
    </svg>
  );
}
