import { partitionTag } from "@/lib/partition";

const HOUR_MS = 3_600_000;

/** Which hour since 1970 a moment lies in. */
export const hourOf = (now: number): number => Math.floor(now / HOUR_MS);
/** When an hour begins. */
export const startOfHour = (hour: number): Date => new Date(hour * HOUR_MS);

/** How often each key of a partition was refused within an hour: a hash, `<hmac>|<code>` to times. */
export const refusedKey = (partition: number, hour: number): string => `${partitionTag(partition)}:refused:${hour}`;

/** How long such a hash is kept, seconds: until long after the Node side has read it for the last time. */
export const KEPT_S = 3 * 3_600;

/** Refusals that say nothing of a key: there are too few tokens, or a cap of the brand's own. */
const NOT_THE_KEYS: ReadonlySet<string> = new Set(["ok", "insufficient_tokens", "spend_cap_reached", "backlog"]);

/** Keys that are unknown, revoked or forged, told apart by nothing here: so many an hour are noted, and no more. */
const MOST_UNPROVEN = 200;
/** Key and code at a time, before they go out. */
const MOST_NOTES = 2_000;

/**
 * Counts in one process what keys are refused, to be written down together. Whatever is sent here, it stays small: forged
 * keys are counted up to a number an hour, because they can be made without end; real ones are as many as there are.
 */
export class RefusalNotes {
  private notes = new Map<string, { readonly partition: number; readonly field: string; times: number }>();
  private unproven = new Set<string>();
  private hour = 0;

  /** Notes one. @returns false where it is of no concern or there is no room */
  note(partition: number, hmac: string, code: string, now: number): boolean {
    if (NOT_THE_KEYS.has(code)) return false;
    if (hourOf(now) !== this.hour) {
      this.hour = hourOf(now);
      this.unproven = new Set();
    }
    if (code === "invalid_api_key" && !this.unproven.has(hmac)) {
      if (this.unproven.size >= MOST_UNPROVEN) return false;
      this.unproven.add(hmac);
    }
    const field = `${hmac}|${code}`;
    const known = this.notes.get(`${partition} ${field}`);
    if (known) known.times++;
    else if (this.notes.size >= MOST_NOTES) return false;
    else this.notes.set(`${partition} ${field}`, { partition, field, times: 1 });
    return true;
  }

  /** Hands over what was noted since the last time, and begins anew. */
  take(): readonly { readonly partition: number; readonly field: string; readonly times: number }[] {
    const taken = [...this.notes.values()];
    this.notes = new Map();
    return taken;
  }
}
