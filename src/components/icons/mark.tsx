import type { SVGProps } from "react";

/**
 * The mark: two rings joined by a bridge, in one stroke weight. With `filled` (0 to 1) the right ring shows a gauge.
 * Takes the colour of its text; hidden from screen readers, because the name stands beside it.
 */
export function Mark({ filled, ...rest }: SVGProps<SVGSVGElement> & { filled?: number }) {
  const round = 2 * Math.PI * 5.25;
  return (
    <svg
      viewBox="0 0 32 16"
      width={32}
      height={16}
      fill="none"
      stroke="currentColor"
      strokeWidth={2}
      strokeLinecap="round"
      aria-hidden="true"
      focusable="false"
      {...rest}
    >
      <circle cx="7.25" cy="8.5" r="5.25" />
      <circle cx="24.75" cy="8.5" r="5.25" opacity={filled === undefined ? 1 : 0.3} />
      {filled !== undefined && filled > 0 && (
        <circle
          cx="24.75"
          cy="8.5"
          r="5.25"
          strokeDasharray={`${Math.min(1, filled) * round} ${round}`}
          transform="rotate(-90 24.75 8.5)"
          strokeLinecap="butt"
        />
      )}
      <path d="M12.1 6.5c1.1-1.9 2.4-2.8 3.9-2.8s2.8.9 3.9 2.8" />
    </svg>
  );
}

/** The mark with the product's full name set beside it. */
export function Wordmark() {
  return (
    <span className="inline-flex items-center gap-2.5 text-ink">
      <Mark className="shrink-0 text-accent-ink" />
      <span className="text-14 leading-none font-semibold tracking-tight whitespace-nowrap">
        VARAi <span className="font-normal text-ink-2">Connected Apps</span>
      </span>
    </span>
  );
}
