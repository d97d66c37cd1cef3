import type { ReactNode } from "react";
import { cx } from "../cx";
import { Icon } from "./icon";

/** One drawing per app, by catalogue id. */
const DRAWINGS: Record<string, ReactNode> = {
  // A frame in a viewfinder.
  "vto-001": (
    <>
      <path d="M4 8V5.5A1.5 1.5 0 0 1 5.5 4H8M16 4h2.5A1.5 1.5 0 0 1 20 5.5V8M20 16v2.5a1.5 1.5 0 0 1-1.5 1.5H16M8 20H5.5A1.5 1.5 0 0 1 4 18.5V16" />
      <circle cx="8.75" cy="12.25" r="2.25" />
      <circle cx="15.25" cy="12.25" r="2.25" />
      <path d="M11 11.9c.6-.6 1.4-.6 2 0" />
    </>
  ),
  // A face with its measuring points.
  "fsa-001": (
    <>
      <path d="M12 3.5c4 0 6.25 2.9 6.25 7 0 5.2-3.2 10-6.25 10s-6.25-4.8-6.25-10c0-4.1 2.25-7 6.25-7Z" />
      <path d="M3 10.5h3M18 10.5h3M9.5 10.5h.1M14.4 10.5h.1M10.5 15.75h3" />
    </>
  ),
  // Frames in three looks, fanned.
  "sty-001": (
    <>
      <path d="M6.2 8.6 14 5.9a1.5 1.5 0 0 1 1.9.9l3.5 9.9" />
      <rect x="4" y="9.5" width="11.5" height="10.5" rx="1.5" />
      <circle cx="7.75" cy="14.75" r="1.5" />
      <circle cx="11.75" cy="14.75" r="1.5" />
    </>
  ),
  // A frame and its width.
  "fit-001": (
    <>
      <circle cx="7.5" cy="9" r="3.75" />
      <circle cx="16.5" cy="9" r="3.75" />
      <path d="M11.1 8.3c.5-.6 1.3-.6 1.8 0M3.75 18.5h16.5M6 16.25 3.75 18.5 6 20.75M18 16.25l2.25 2.25L18 20.75" />
    </>
  ),
  // A short list, one of them chosen.
  "rec-001": (
    <>
      <path d="M12.5 6.5H20M12.5 12H20M12.5 17.5H20" />
      <path d="m4 6.5 1.75 1.75L9 5M5 12h3M5 17.5h3" />
    </>
  ),
  // Two pupils and the distance between them.
  "pdc-001": (
    <>
      <path d="M2.75 9c1.2-2 2.6-3 4.25-3s3.05 1 4.25 3c-1.2 2-2.6 3-4.25 3S3.95 11 2.75 9ZM12.75 9c1.2-2 2.6-3 4.25-3s3.05 1 4.25 3c-1.2 2-2.6 3-4.25 3s-3.05-1-4.25-3Z" />
      <path d="M7 9v.1M17 9v.1M7 15v4.5M17 15v4.5M7 17.25h10" />
    </>
  ),
  // A frame under the glass.
  "frf-001": (
    <>
      <circle cx="10.5" cy="10.5" r="6.75" />
      <path d="m15.5 15.5 5 5" />
      <circle cx="8.4" cy="10.5" r="1.35" />
      <circle cx="12.6" cy="10.5" r="1.35" />
    </>
  ),
  // An eye with a lens on it.
  "clt-001": (
    <>
      <path d="M2.75 12C5.2 7.9 8.3 5.8 12 5.8s6.8 2.1 9.25 6.2c-2.45 4.1-5.55 6.2-9.25 6.2S5.2 16.1 2.75 12Z" />
      <circle cx="12" cy="12" r="3.5" />
      <path d="M12 10.25c-1 0-1.75.75-1.75 1.75" />
    </>
  ),
  // Two voices.
  "cai-001": (
    <>
      <path d="M5 4.5h8.5A1.5 1.5 0 0 1 15 6v5a1.5 1.5 0 0 1-1.5 1.5H9L5.5 15v-2.5H5A1.5 1.5 0 0 1 3.5 11V6A1.5 1.5 0 0 1 5 4.5Z" />
      <path d="M18 9.5h1A1.5 1.5 0 0 1 20.5 11v5a1.5 1.5 0 0 1-1.5 1.5h-.5V20L15 17.5h-3.5" />
    </>
  ),
  // Bars under a rising line.
  "adv-001": (
    <>
      <path d="M5 20v-4.5M12 20v-7M19 20v-9.5" />
      <path d="M4 10.5 9.5 6.5l4 2.5L20 4" />
    </>
  ),
};

/** The app's own hue as a CSS value, or the quiet ink for an app we have no hue for. */
export function appHue(appId: string | null | undefined): string {
  return appId && appId in DRAWINGS ? `var(--app-${appId})` : "var(--ink-3)";
}

/** An app's line icon in its hue, on a faint tile of the same hue. The name stands beside it, so it is not read out. */
export function AppIcon({ appId, size = 36, className }: { appId: string; size?: number; className?: string }) {
  const hue = appHue(appId);
  return (
    <span
      aria-hidden="true"
      className={cx("inline-grid shrink-0 place-items-center rounded-control", className)}
      style={{
        width: size,
        height: size,
        color: hue,
        background: `color-mix(in oklab, ${hue} 11%, transparent)`,
      }}
    >
      <Icon size={Math.round(size * 0.6)}>{DRAWINGS[appId] ?? <circle cx="12" cy="12" r="7.5" />}</Icon>
    </span>
  );
}
