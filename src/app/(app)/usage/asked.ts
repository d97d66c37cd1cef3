import { askedSpan, dateIn } from "@/features/usage/dashboard/rules";
import { getQueryClient, trpc } from "@/trpc/server";

/** A page's query as Next gives it. */
export type Asked = Promise<Record<string, string | string[] | undefined>>;

/**
 * The days that the address of a usage page asks for, by the brand's clock, and when its period began: as the forecast says,
 * or where that cannot be had, with the calendar's month.
 */
export async function askedOf(timeZone: string, searchParams: Asked) {
  const one = (value: string | string[] | undefined) => (typeof value === "string" ? value : null);
  const { period, from, to } = await searchParams;
  const today = dateIn(timeZone, Date.now());
  const forecast = await getQueryClient()
    .fetchQuery(trpc.usage.forecast.queryOptions(undefined, { retry: false }))
    .catch(() => null);
  const periodStart = forecast?.period.from ?? `${today.slice(0, 7)}-01`;
  return { periodStart, span: askedSpan({ period: one(period), from: one(from), to: one(to) }, today, periodStart) };
}
