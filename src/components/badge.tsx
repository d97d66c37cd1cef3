import type { ReactNode } from "react";
import { cx } from "./cx";

export type Tone = "neutral" | "accent" | "soon" | "stopped" | "done";

const TONES: Record<Tone, string> = {
  neutral: "bg-inset text-ink-2",
  accent: "bg-accent-soft text-accent-ink",
  soon: "bg-amber-soft text-amber",
  stopped: "bg-red-soft text-red",
  done: "bg-green-soft text-green",
};

/** A word that tells a state or a kind; the tone only underlines it. */
export function Badge({ tone = "neutral", icon, children }: { tone?: Tone; icon?: ReactNode; children: ReactNode }) {
  return (
    <span
      className={cx(
        "inline-flex h-5 items-center gap-1 rounded-control px-1.5 text-12 font-medium whitespace-nowrap",
        TONES[tone],
      )}
    >
      {icon}
      {children}
    </span>
  );
}
