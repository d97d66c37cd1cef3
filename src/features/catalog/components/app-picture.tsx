import type { ReactNode } from "react";
import { appHue } from "@/components/icons/apps";

type LensShape = "round" | "square" | "cat";

const LENSES: Record<LensShape, string> = {
  round: "M0-17a17 17 0 1 1 0 34a17 17 0 1 1 0-34Z",
  square: "M-18-14h36a4 4 0 0 1 4 4v16a8 8 0 0 1-8 8h-28a8 8 0 0 1-8-8v-16a4 4 0 0 1 4-4Z",
  cat: "M-19-8c2-6 8-8 20-8 10 0 18-2 22-5 1 6 1 14-2 20-4 9-11 13-20 13-12 0-22-8-20-20Z",
};

/** A pair of spectacles, 100 wide, around its bridge. */
function Frame({
  x,
  y,
  scale = 1,
  shape = "round",
  strong,
}: {
  x: number;
  y: number;
  scale?: number;
  shape?: LensShape;
  strong?: boolean;
}) {
  const width = strong ? 2.5 : 1.5;
  return (
    <g transform={`translate(${x} ${y}) scale(${scale})`} strokeWidth={width / scale}>
      <path d={LENSES[shape]} transform={shape === "cat" ? "translate(-26 0) scale(-1 1)" : "translate(-26 0)"} />
      <path d={LENSES[shape]} transform="translate(26 0)" />
      <path d="M-9-3c4-5 14-5 18 0M-44-7l-8-4M44-7l8-4" />
    </g>
  );
}

/** A face from the front, 96 wide. */
const Face = ({ x, y, scale = 1 }: { x: number; y: number; scale?: number }) => (
  <g transform={`translate(${x} ${y}) scale(${scale})`} strokeWidth={1.5 / scale}>
    <path d="M0-66c32 0 48 22 48 56 0 42-26 76-48 76s-48-34-48-76c0-34 16-56 48-56Z" />
    <path d="M-4 12c-3 6-4 10 0 12h8M-14 42c8 6 20 6 28 0" opacity={0.6} />
  </g>
);

const Eye = ({ x, y, children }: { x: number; y: number; children?: ReactNode }) => (
  <g transform={`translate(${x} ${y})`}>
    <path d="M-62 0c16-26 38-38 62-38s46 12 62 38c-16 26-38 38-62 38s-46-12-62-38Z" />
    <circle r={24} />
    {children}
    <circle r={9} fill="currentColor" stroke="none" />
    <path d="M-12-10c3-5 7-7 12-8" opacity={0.6} />
  </g>
);

const Tile = ({ x, y, w, h }: { x: number; y: number; w: number; h: number }) => (
  <rect x={x} y={y} width={w} height={h} rx={8} />
);

const hue = "var(--picture-hue)";

/** What each app does, drawn; by catalogue id. */
const PICTURES: Record<string, ReactNode> = {
  "vto-001": (
    <>
      <rect x="168" y="18" width="144" height="204" rx="18" />
      <path d="M222 30h36" opacity={0.5} />
      <Face x={240} y={126} />
      <g stroke={hue}>
        <Frame x={240} y={108} scale={0.92} shape="square" strong />
        <path d="M184 62v-14h14M296 62v-14h-14M184 190v14h14M296 190v14h-14" />
      </g>
      <g opacity={0.35}>
        <Frame x={84} y={92} scale={0.8} />
        <Frame x={84} y={150} scale={0.8} shape="cat" />
        <Frame x={396} y={92} scale={0.8} shape="cat" />
        <Frame x={396} y={150} scale={0.8} shape="square" />
      </g>
    </>
  ),
  "fsa-001": (
    <>
      <g opacity={0.35}>
        <Face x={108} y={126} scale={0.8} />
        <Face x={372} y={126} scale={0.8} />
      </g>
      <Face x={240} y={122} scale={1.35} />
      <g stroke={hue} strokeWidth={2}>
        <path d="M176 108h128M190 158h100M206 62h68M240 33v178" strokeDasharray="3 5" />
        {[
          [176, 108],
          [304, 108],
          [190, 158],
          [290, 158],
          [206, 62],
          [274, 62],
          [240, 33],
          [240, 211],
        ].map(([x, y]) => (
          <circle key={`${x}.${y}`} cx={x} cy={y} r={4} fill="var(--surface)" />
        ))}
      </g>
    </>
  ),
  "sty-001": (
    <>
      <Tile x={54} y={62} w={108} h={124} />
      <Tile x={318} y={62} w={108} h={124} />
      <g opacity={0.5}>
        <Frame x={108} y={104} scale={0.72} />
        <path d="M76 148h64M76 162h40" />
        <Frame x={372} y={104} scale={0.72} shape="square" />
        <path d="M340 148h64M340 162h40" />
      </g>
      <rect x={174} y={36} width={132} height={176} rx={10} fill="var(--surface)" />
      <g stroke={hue}>
        <Frame x={240} y={92} scale={0.95} shape="cat" strong />
        <path d="M196 142l5 5 9-10M196 164l5 5 9-10M196 186l5 5 9-10" strokeWidth={2} />
      </g>
      <path d="M222 142h62M222 164h48M222 186h56" opacity={0.6} />
    </>
  ),
  "fit-001": (
    <>
      <Frame x={240} y={108} scale={2.1} shape="square" />
      <g stroke={hue} strokeWidth={2}>
        <path d="M148 176h184M148 168v16M332 168v16" />
        <path d="M221 60h38M221 52v16M259 52v16" />
        <path d="M139 206h202" strokeDasharray="3 5" />
      </g>
      <g fill="currentColor" stroke="none" fontSize={14} className="figures">
        <text x={240} y={198} textAnchor="middle">
          138 mm
        </text>
        <text x={240} y={44} textAnchor="middle">
          18 mm
        </text>
      </g>
    </>
  ),
  "rec-001": (
    <>
      <Tile x={42} y={72} w={84} h={96} />
      <Tile x={354} y={72} w={84} h={96} />
      <g opacity={0.5}>
        <Frame x={84} y={108} scale={0.6} />
        <Frame x={396} y={108} scale={0.6} shape="cat" />
        <path d="M62 146h44M374 146h44" />
      </g>
      <Tile x={140} y={54} w={92} h={132} />
      <Frame x={186} y={104} scale={0.7} shape="square" />
      <path d="M160 154h52M160 168h32" opacity={0.6} />
      <g stroke={hue} strokeWidth={2}>
        <Tile x={246} y={54} w={92} h={132} />
        <Frame x={292} y={104} scale={0.7} strong />
        <path d="M266 156l6 6 12-13" />
      </g>
      <path d="M294 156h24" opacity={0.6} />
    </>
  ),
  "pdc-001": (
    <>
      <Eye x={148} y={96} />
      <Eye x={332} y={96} />
      <g stroke={hue} strokeWidth={2}>
        <path d="M148 96v84M332 96v84M148 172h184M158 166l-10 6 10 6M322 166l10 6-10 6" />
      </g>
      <path
        d="M148 196v8M171 196v5M194 196v5M217 196v5M240 196v8M263 196v5M286 196v5M309 196v5M332 196v8M148 196h184"
        opacity={0.5}
      />
      <rect x={192} y={158} width={96} height={28} rx={6} fill="var(--surface)" stroke="none" />
      <text x={240} y={177} textAnchor="middle" fontSize={15} fill="currentColor" stroke="none" className="figures">
        60–66 mm
      </text>
    </>
  ),
  "frf-001": (
    <>
      <rect x={96} y={26} width={288} height={34} rx={17} />
      <g stroke={hue} strokeWidth={2}>
        <circle cx={118} cy={42} r={6} />
        <path d="m123 47 5 5" />
        <rect x={96} y={74} width={64} height={22} rx={11} />
        <rect x={170} y={74} width={80} height={22} rx={11} />
      </g>
      <path d="M140 43h92" opacity={0.6} />
      <rect x={260} y={74} width={56} height={22} rx={11} opacity={0.5} />
      <Tile x={96} y={112} w={88} h={102} />
      <Tile x={196} y={112} w={88} h={102} />
      <Tile x={296} y={112} w={88} h={102} />
      <Frame x={140} y={150} scale={0.66} />
      <Frame x={240} y={150} scale={0.66} shape="square" />
      <Frame x={340} y={150} scale={0.66} shape="cat" />
      <path d="M116 190h48M216 190h48M316 190h48" opacity={0.5} />
    </>
  ),
  "clt-001": (
    <>
      <Eye x={138} y={120} />
      <Eye x={342} y={120}>
        <g stroke={hue} strokeWidth={2}>
          <circle r={24} fill={hue} fillOpacity={0.28} />
          <circle r={31} strokeDasharray="3 5" />
        </g>
      </Eye>
      <path d="M240 40v160" strokeDasharray="3 5" opacity={0.6} />
      <path d="M232 120h-10M248 120h10" />
    </>
  ),
  "cai-001": (
    <>
      <path d="M92 40h176a12 12 0 0 1 12 12v36a12 12 0 0 1-12 12H120l-20 16v-16h-8a12 12 0 0 1-12-12V52a12 12 0 0 1 12-12Z" />
      <path d="M104 62h128M104 78h88" opacity={0.6} />
      <g stroke={hue} strokeWidth={2}>
        <path d="M236 122h144a12 12 0 0 1 12 12v56a12 12 0 0 1-12 12h-8v16l-20-16H236a12 12 0 0 1-12-12v-56a12 12 0 0 1 12-12Z" />
        <Frame x={308} y={156} scale={0.82} shape="square" />
      </g>
      <path d="M270 186h76" opacity={0.6} />
    </>
  ),
  "adv-001": (
    <>
      <path d="M84 204h312M84 204V36" opacity={0.5} />
      <path d="M112 204V92h36v112M180 204v-76h36v76M248 204v-48h36v48M316 204v-28h36v28" />
      <g stroke={hue} strokeWidth={2}>
        <path d="M130 78 198 112l68 30 68 22" />
        {[
          [130, 78],
          [198, 112],
          [266, 142],
          [334, 164],
        ].map(([x, y]) => (
          <circle key={x} cx={x} cy={y} r={4} fill="var(--surface)" />
        ))}
      </g>
      <path d="M84 148h300M84 92h300" strokeDasharray="2 6" opacity={0.35} />
    </>
  ),
};

/** The picture of an app, on a faint ground of its hue. The words beside it say what it shows. */
export function AppPicture({ appId }: { appId: string }) {
  const own = appHue(appId);
  return (
    <div
      className="grid place-items-center overflow-hidden rounded-card border border-line text-ink-2"
      style={{ background: `color-mix(in oklab, ${own} 7%, var(--surface))`, ["--picture-hue" as string]: own }}
    >
      <svg
        viewBox="0 0 480 240"
        fill="none"
        stroke="currentColor"
        strokeWidth={1.5}
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
        focusable="false"
        className="h-auto w-full max-w-[40rem]"
      >
        {PICTURES[appId] ?? <Frame x={240} y={120} scale={2} />}
      </svg>
    </div>
  );
}
