"use client";

import { formatCount } from "@/components/format";
import { StoppedIcon } from "@/components/icons/interface";
import type { Rejection } from "../imports/contract";

/** How many stand on the page; the file of refused rows has all. */
const SHOWN = 20;

/** Rows that cannot be taken: the line, why, and what stands there. */
export function Rejections({
  rejections,
  header,
  total,
}: {
  rejections: readonly Rejection[];
  header: readonly string[];
  total: number;
}) {
  return (
    <section aria-label="Rows that cannot be taken" className="grid gap-2">
      <h3 className="text-13 font-medium">Rows that cannot be taken</h3>
      <ul className="grid gap-3 rounded-control bg-inset p-3">
        {rejections.slice(0, SHOWN).map(({ line, problems, cells }) => (
          <li key={line} className="grid gap-0.5 text-13">
            <span className="flex items-start gap-1.5">
              <StoppedIcon size={16} className="mt-0.5 shrink-0 text-red" />
              <span>
                <span className="figures font-medium">Line {formatCount(line)}.</span> {problems.join(" ")}
              </span>
            </span>
            <span className="line-clamp-2 pl-5.5 font-mono text-12 wrap-anywhere text-ink-2" title={header.join(", ")}>
              {cells.join(" · ")}
            </span>
          </li>
        ))}
      </ul>
      {total > SHOWN && (
        <p className="figures text-12 text-ink-3">
          The first {formatCount(SHOWN)} of {formatCount(total)}.
        </p>
      )}
    </section>
  );
}
