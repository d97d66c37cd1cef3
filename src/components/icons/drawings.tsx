import type { ReactNode, SVGProps } from "react";

type Props = Omit<SVGProps<SVGSVGElement>, "children">;

/** The sheet every small drawing stands on; the words beside it say what it shows. */
function Sheet({ children, ...rest }: Props & { children: ReactNode }) {
  return (
    <svg
      viewBox="0 0 120 80"
      width={120}
      height={80}
      fill="none"
      stroke="currentColor"
      strokeWidth={1.5}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
      {...rest}
    >
      {children}
    </svg>
  );
}

/** A ledger sheet whose first line is still to be written. */
export const EmptyLedgerDrawing = (props: Props) => (
  <Sheet {...props}>
    <path d="M32 10h44l12 12v48a2 2 0 0 1-2 2H34a2 2 0 0 1-2-2V10Z" />
    <path d="M76 10v12h12" />
    <path d="M42 36h10M60 36h18M42 48h10M60 48h18M42 60h10M60 60h18" opacity={0.4} />
    <path d="M42 24h14" className="text-accent" stroke="currentColor" />
    <path d="M104 44 92 56M104 44l3 3-12 12-4 1 1-4" className="text-accent" stroke="currentColor" />
  </Sheet>
);

/** A key ring without a key. */
export const NoKeysDrawing = (props: Props) => (
  <Sheet {...props}>
    <circle cx="60" cy="26" r="16" />
    <path d="M60 42v6" />
    <circle cx="60" cy="54" r="6" strokeDasharray="3 4" opacity={0.6} />
    <path d="M60 60v14M60 68h5M60 74h7" strokeDasharray="3 4" opacity={0.6} />
    <path d="M20 26h14M86 26h14" opacity={0.4} />
  </Sheet>
);

/** A lens that finds nothing. */
export const NothingFoundDrawing = (props: Props) => (
  <Sheet {...props}>
    <circle cx="54" cy="36" r="20" />
    <path d="m69 51 18 18" />
    <path d="M46 36h16" opacity={0.4} />
  </Sheet>
);

/** The mark with its bridge open: the way between two parts is down. */
export const BrokenBridgeDrawing = (props: Props) => (
  <Sheet {...props}>
    <circle cx="32" cy="42" r="20" />
    <circle cx="88" cy="42" r="20" />
    <path d="M50.5 33c1.5-3 3-5 5-6.200M69.5 33c-1.5-3-3-5-5-6.200" />
    <path d="M60 16v6M53 19l2 4M67 19l-2 4" opacity={0.5} />
  </Sheet>
);

/** One eye covered: there is nothing to see on this page. */
export const NothingHereDrawing = (props: Props) => (
  <Sheet {...props}>
    <circle cx="32" cy="42" r="20" />
    <circle cx="88" cy="42" r="20" />
    <path d="M51 36c3-5 6-7 9-7s6 2 9 7" />
    <path d="m76 52 18-24M72 44l12-16M82 57l16-21" opacity={0.4} />
  </Sheet>
);

/** An empty tray for frames. */
export const NoFramesDrawing = (props: Props) => (
  <Sheet {...props}>
    <path d="M16 30h88l6 36H10z" />
    <path d="M20 48h80" opacity={0.4} />
    <g strokeDasharray="3 4" opacity={0.6}>
      <circle cx="46" cy="18" r="10" />
      <circle cx="74" cy="18" r="10" />
      <path d="M56 15q4-3 8 0" />
    </g>
    <path d="M52 57h16" className="text-accent" stroke="currentColor" />
  </Sheet>
);
