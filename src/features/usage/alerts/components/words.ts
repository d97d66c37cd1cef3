import { formatCount, formatTokens } from "@/components/format";
import type { AlertKind } from "../contract";

/** When a rule speaks, as the end of "Tell us when …", with a capital letter. */
export function conditionOf(kind: AlertKind, threshold: number): string {
  switch (kind) {
    case "plan_used":
      return `${formatCount(threshold)}% of the plan’s tokens are used`;
    case "low_balance":
      return threshold === 0 ? "Tokens run out" : `The balance falls to ${formatTokens(threshold)}`;
    case "forecast":
      return `Tokens will probably run out within ${threshold === 1 ? "a day" : `${threshold} days`}`;
    case "unusual":
      return `An hour stands out, ${formatCount(threshold)}% or more above or below the usual`;
    case "cap_reached":
      return threshold >= 100 ? "A cap of yours is reached" : `${threshold}% of a cap is used`;
    case "payment_failed":
      return "A payment fails";
    case "key_refused":
      return `A key is refused ${formatCount(threshold)} times within an hour`;
  }
}

/** What each kind is good for, and what it is silent about. */
export const ABOUT: Readonly<Record<AlertKind, string>> = {
  plan_used: "Of the tokens that the plan gives for this period. Packs do not count.",
  low_balance: "All that is left, from plan and packs.",
  forecast: "From the forecast on the usage page, once there are fourteen days to judge by.",
  unusual:
    "Compared with the same hour of up to eight weeks before. A busy Saturday is not unusual if Saturdays are busy.",
  cap_reached: "The daily and monthly caps of the billing page. Days and months are UTC.",
  payment_failed: "Of the plan, or of an auto top-up.",
  key_refused: "Such as from a page that is not on its list, or after it was revoked.",
};

/** Kinds of which one may add a rule of one's own, with what to ask for. */
export const CUSTOM: readonly { kind: AlertKind; name: string; label: string; suggested: string; hint: string }[] = [
  {
    kind: "low_balance",
    name: "The balance falls to",
    label: "Tokens",
    suggested: "500",
    hint: "Tokens that are left, from plan and packs.",
  },
  {
    kind: "plan_used",
    name: "A share of the plan is used",
    label: "Percent",
    suggested: "90",
    hint: "Of the plan’s tokens for the period.",
  },
  {
    kind: "forecast",
    name: "Tokens will probably run out",
    label: "Within days",
    suggested: "3",
    hint: "1 to 30 days ahead.",
  },
  {
    kind: "cap_reached",
    name: "A share of a cap is used",
    label: "Percent",
    suggested: "80",
    hint: "Of any of your caps, by day or month.",
  },
  {
    kind: "key_refused",
    name: "A key is refused often",
    label: "Times an hour",
    suggested: "200",
    hint: "5 times at least.",
  },
  {
    kind: "unusual",
    name: "Usage is unusual",
    label: "Percent off the usual",
    suggested: "100",
    hint: "20 at least. One such alert is enough.",
  },
  // It has no figure: where it was removed, it is added as it was.
  { kind: "payment_failed", name: "A payment fails", label: "", suggested: "0", hint: "" },
];

/** `22:00` as minutes after midnight, and back. */
export const minutesOf = (clock: string): number | null => {
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(clock) ?? [];
  return hour === undefined ? null : Number(hour) * 60 + Number(minute);
};
export const clockOf = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
