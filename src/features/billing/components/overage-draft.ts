import { formatCount } from "@/components/format";
import { type OverageInput, type OverageOutput, overageInput, type PackView } from "../contract";
import { isPastLimit } from "../top-up/rules";

/** The settings as they stand in the form: what is typed, before it is judged. */
export interface OverageDraft {
  readonly mode: "stop" | "top_up";
  readonly threshold: string;
  readonly packId: string;
  readonly monthlyLimit: string;
  readonly cooldown: string;
  readonly low: string;
  readonly alertDaily: string;
  readonly alertMonthly: string;
  readonly stopDaily: string;
  readonly stopMonthly: string;
}
export type OverageField = keyof OverageDraft;

/** What uses are stopped at, whatever the balance: the brand's own cap over all apps. */
export interface Caps {
  readonly daily: number | null;
  readonly monthly: number | null;
}

const shown = (value: number | null | undefined): string =>
  value === null || value === undefined ? "" : String(value);

/** The form as it stands for what is saved. Where no top-up was ever set, it offers one. */
export function draftOf(saved: OverageOutput, caps: Caps, firstPack: string): OverageDraft {
  const { settings } = saved;
  return {
    mode: settings.mode,
    threshold: shown(settings.topUp?.threshold ?? 500),
    packId: settings.topUp?.packId ?? firstPack,
    monthlyLimit: shown((settings.topUp?.monthlyLimitCents ?? 50_000) / 100),
    cooldown: shown(settings.topUp?.cooldownMinutes ?? 60),
    low: shown(settings.lowBalanceTokens),
    alertDaily: shown(settings.alertDailyTokens),
    alertMonthly: shown(settings.alertMonthlyTokens),
    stopDaily: shown(caps.daily),
    stopMonthly: shown(caps.monthly),
  };
}

/** Whether the month's limit keeps the next pack from being bought, where top-ups are on. */
export function limitReached(
  { settings, stopped, thisMonthCents }: OverageOutput,
  packs: readonly PackView[],
): boolean {
  const pack = packs.find(({ id }) => id === settings.topUp?.packId);
  if (settings.mode !== "top_up" || !settings.topUp || stopped || !pack) return false;
  const { monthlyLimitCents } = settings.topUp;
  return isPastLimit({ priceCents: pack.priceCents, monthlyLimitCents }, thisMonthCents);
}

/** Digits, or groups of three with commas between: `99,50` is no number here, lest it be taken for a hundred times as much. */
const DIGITS = "(?:\\d{1,3}(?:,\\d{3})+|\\d+)";
const WHOLE = new RegExp(`^${DIGITS}$`);
const DOLLARS = new RegExp(`^\\$?(${DIGITS})(\\.\\d{1,2})?$`);

/** A whole number as people type it, `12,400` included; null for nothing typed, undefined for anything else. */
function whole(text: string): number | null | undefined {
  const typed = text.replaceAll(/\s/g, "");
  if (typed === "") return null;
  const digits = typed.replaceAll(",", "");
  return WHOLE.test(typed) && digits.length <= 15 ? Number(digits) : undefined;
}

/** Dollars as people type them, in cents. */
function cents(text: string): number | undefined {
  const [, dollars, rest = ""] = DOLLARS.exec(text.replaceAll(/\s/g, "")) ?? [];
  const digits = dollars?.replaceAll(",", "");
  return digits && digits.length <= 7 ? Math.round(Number(digits + rest) * 100) : undefined;
}

type Errors = Partial<Record<OverageField, string>>;

/**
 * What the form asks for, or what is wrong with it, field by field.
 * @param packPriceCents the price of the chosen pack: a limit below it would never buy anything
 */
export function read(
  draft: OverageDraft,
  packPriceCents: number | undefined,
): { errors: Errors } | { errors: Errors; input: OverageInput; caps: Caps } {
  const errors: Errors = {};
  const amount = (field: OverageField): number | null => {
    const value = whole(draft[field]);
    if (value === undefined) errors[field] = "Type a whole number, or leave it empty.";
    return value ?? null;
  };
  const atLeastOne = (field: OverageField): number | null => {
    const value = amount(field);
    if (value === 0) errors[field] = "Type a number from 1, or leave it empty.";
    return value;
  };
  const topUp = (): OverageInput["topUp"] => {
    const threshold = amount("threshold");
    if (threshold === null) errors.threshold ??= "Say at which balance a pack is bought; 0 waits until none is left.";
    const limit = cents(draft.monthlyLimit);
    if (limit === undefined) errors.monthlyLimit = "Type an amount in dollars, such as 500.";
    else if (packPriceCents !== undefined && limit < packPriceCents) {
      errors.monthlyLimit = `The pack costs $${formatCount(Math.ceil(packPriceCents / 100))}: with less, none is bought.`;
    }
    return {
      threshold: threshold ?? 0,
      packId: draft.packId,
      monthlyLimitCents: limit ?? 0,
      cooldownMinutes: Number(draft.cooldown),
    };
  };
  const wanted = {
    mode: draft.mode,
    topUp: draft.mode === "top_up" ? topUp() : null,
    lowBalanceTokens: amount("low"),
    alertDailyTokens: atLeastOne("alertDaily"),
    alertMonthlyTokens: atLeastOne("alertMonthly"),
  };
  const caps = { daily: amount("stopDaily"), monthly: amount("stopMonthly") };
  if (caps.daily !== null && caps.monthly !== null && caps.daily > caps.monthly) {
    errors.stopDaily = "A day cannot allow more than its month.";
  }
  if (Object.keys(errors).length > 0) return { errors };
  const input = overageInput.safeParse(wanted);
  return input.success ? { errors, input: input.data, caps } : { errors: { threshold: "These settings do not fit." } };
}
