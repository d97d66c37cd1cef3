import type { ReactNode } from "react";

const TICKS = Array.from({ length: 24 }, (_, i) => i * 15);
const RULE = Array.from({ length: 25 }, (_, i) => i * 10);

/** The light that runs through all stations; `faint` where it spreads. */
function Ray({ d, faint }: { d: string; faint?: boolean }) {
  return (
    <path d={d} className="text-accent" stroke="currentColor" strokeWidth={faint ? 1 : 2} opacity={faint ? 0.45 : 1} />
  );
}

function Dot({ x }: { x: number }) {
  return <circle cx={x} cy="74" r="3.5" className="text-accent" fill="currentColor" stroke="none" />;
}

const STATIONS: { title: string; words: string; drawing: ReactNode }[] = [
  {
    title: "A shopper opens an app",
    words: "On your product page, by a button that one line of code has put there.",
    drawing: (
      <>
        <rect x="52" y="26" width="136" height="92" rx="6" />
        <path d="M52 44h136M62 35h.1M70 35h.1M78 35h.1" />
        <path d="M68 98h48M68 106h30" opacity="0.45" />
        <circle cx="82" cy="72" r="11" />
        <circle cx="110" cy="72" r="11" />
        <path d="M92.5 69c2.5-2.6 4.5-2.6 7 0" />
        <rect x="142" y="65" width="34" height="18" rx="5" className="text-accent" stroke="currentColor" />
        <Ray d="M176 74H240" />
      </>
    ),
  },
  {
    title: "Key and shop are checked",
    words: "A public key works from your own addresses and from nowhere else.",
    drawing: (
      <>
        <path d="M120 22c15 15 23 32 23 52s-8 37-23 52c-15-15-23-32-23-52s8-37 23-52Z" />
        <path d="M110 20h20M110 128h20M120 128v12" />
        <Ray d="M0 74 120 50 240 74M0 74l120 24 120-24" faint />
        <Ray d="M0 74H240" />
      </>
    ),
  },
  {
    title: "Tokens are taken, once",
    words: "One step decides and debits. A reload or a repeated call costs nothing more.",
    drawing: (
      <>
        <circle cx="120" cy="74" r="46" />
        <g opacity="0.6">
          {TICKS.map((angle) => (
            <path key={angle} d="M120 33v5" transform={`rotate(${angle} 120 74)`} />
          ))}
        </g>
        <path
          d="M120 47a27 27 0 1 1-25.7 18.7"
          className="text-accent"
          stroke="currentColor"
          strokeWidth="5"
          strokeLinecap="butt"
        />
        <path d="M110 128h20M120 120v20" />
        <Ray d="M0 74H74M166 74H240" />
        <Dot x={120} />
      </>
    ),
  },
  {
    title: "The ledger keeps the line",
    words: "Within two seconds you see which app it was, what it took and what is left.",
    drawing: (
      <>
        <path d="M76 20h72l20 20v84a4 4 0 0 1-4 4H76a4 4 0 0 1-4-4V24a4 4 0 0 1 4-4Z" />
        <path d="M148 20v20h20" />
        <path d="M86 58h22M134 58h20M86 90h22M134 90h20M86 106h22M134 106h20" opacity="0.45" />
        <path d="M110 140h20M120 128v12" />
        <Ray d="M0 74H108M134 74h20" />
        <Dot x={108} />
      </>
    ),
  },
];

/**
 * The flow as an optical bench: one ray of light runs through four instruments on a ruled rail. Every station is drawn
 * on a sheet of the same size, so that side by side the ray and the rail are one line.
 */
export function Bench() {
  return (
    <ol className="grid gap-y-10 sm:grid-cols-2 lg:grid-cols-4">
      {STATIONS.map((station, index) => (
        <li key={station.title}>
          <svg
            viewBox="0 0 240 160"
            fill="none"
            stroke="currentColor"
            strokeWidth="1.5"
            strokeLinecap="round"
            strokeLinejoin="round"
            aria-hidden="true"
            className="w-full text-ink-2"
          >
            {station.drawing}
            <path d="M0 140h240" className="text-line-control" stroke="currentColor" strokeLinecap="butt" />
            <g className="text-line-control" stroke="currentColor" strokeWidth="1">
              {RULE.map((x) => (
                <path key={x} d={`M${x} 140v${x % 50 === 0 ? 10 : 5}`} strokeLinecap="butt" />
              ))}
            </g>
          </svg>
          <div className="pt-3 pr-6">
            <h3 className="text-16 font-semibold">
              <span className="figures mr-2 font-normal text-ink-3">{index + 1}</span>
              {station.title}
            </h3>
            <p className="mt-1 max-w-prose text-14 text-pretty text-ink-2">{station.words}</p>
          </div>
        </li>
      ))}
    </ol>
  );
}
