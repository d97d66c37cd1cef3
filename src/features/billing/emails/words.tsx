import { formatCount, formatDay, formatMoney, formatTokens } from "@/components/format";
import type { Reader } from "@/features/notifications/emails/layout";
import type { BillingMail } from "../mail/contract";

/** The facts of one kind of mail. */
export type Facts<K extends BillingMail["kind"]> = Extract<BillingMail, { kind: K }>;

export { formatCount, formatMoney, formatTokens };

/** A day in the brand's zone. */
export const day = (iso: string, reader: Reader): string => formatDay(iso, reader.timeZone);

/** A day with the hour, for what happens at an hour: `21 Nov 2026, 14:02`. */
export const dayAndHour = (iso: string, reader: Reader): string =>
  `${day(iso, reader)}, ${new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: reader.timeZone }).format(new Date(iso))}`;

/** Tokens a month, or that there is no limit. */
export const monthly = (tokens: number | null): string =>
  tokens === null ? "Unlimited tokens" : `${formatTokens(tokens)} a month`;

/** A card as people know it: `Visa ending in 4242`. */
export const cardName = (card: { brand: string; last4: string }): string =>
  `${card.brand.charAt(0).toUpperCase()}${card.brand.slice(1)} ending in ${card.last4}`;

/** Names in a sentence: `A`, `A and B`, `A, B and C`. */
export const list = (names: readonly string[]): string =>
  new Intl.ListFormat("en-GB", { type: "conjunction" }).format(names);

/** Why somebody gets a mail about money. */
export const because = (reader: Reader): string => `You get this because you look after billing for ${reader.brand}.`;

export const billingPage = (reader: Reader): string => `${reader.url}/billing`;
export const plansPage = (reader: Reader): string => `${reader.url}/billing/plans`;
