"use client";

import { createContext, type ReactNode, use } from "react";
import { useNow } from "./clock";
import { formatClock, formatExact, formatRelative } from "./format";

const Zone = createContext("UTC");

/** Sets the time zone, an IANA name, in which every time below is shown: the brand's. */
export function TimeZoneProvider({ timeZone, children }: { timeZone: string; children: ReactNode }) {
  return <Zone value={timeZone}>{children}</Zone>;
}

/** The time zone in which to show times here. */
export const useTimeZone = (): string => use(Zone);

/** How long ago something was, `12 s ago`; all of it on hover. */
export function RelativeTime({ iso, className }: { iso: string; className?: string }) {
  const zone = useTimeZone();
  const now = useNow();
  return (
    <time dateTime={iso} title={formatExact(iso, zone)} className={className} suppressHydrationWarning>
      {formatRelative(iso, now)}
    </time>
  );
}

/** When something was by the brand's clock, `14:02:07`, with the day where it is not today; all of it on hover. */
export function ClockTime({ iso, className }: { iso: string; className?: string }) {
  const zone = useTimeZone();
  const now = useNow();
  return (
    <time dateTime={iso} title={formatExact(iso, zone)} className={className} suppressHydrationWarning>
      {formatClock(iso, zone, now)}
    </time>
  );
}
