import { z } from "zod";

z.config({ jitless: true });

// What a form's texts become. A name that is not listed is refused: what Stripe knows and the stand-in does not must fail
// here, not pass unseen.

export const text = z.string();
export const int = z
  .string()
  .regex(/^-?\d{1,15}$/, "Invalid integer")
  .transform(Number);
export const flag = z.enum(["true", "false"]).transform((value) => value === "true");
/** A value or nothing: an empty text takes it away. */
export const orEmpty = <S extends z.ZodType>(schema: S) => z.union([z.literal(""), schema]);
export const metadata = orEmpty(z.record(z.string().max(40), z.string().max(500)));
export const expand = z.array(z.string()).optional();

export const address = z.strictObject({
  city: text.optional(),
  country: text.optional(),
  line1: text.optional(),
  line2: text.optional(),
  postal_code: text.optional(),
  state: text.optional(),
});

const range = z.union([
  int,
  z.strictObject({ gt: int.optional(), gte: int.optional(), lt: int.optional(), lte: int.optional() }),
]);
export type Range = z.output<typeof range>;

/** True where a time lies in what the caller asked for. */
export function inRange(time: number, wanted: Range | undefined): boolean {
  if (wanted === undefined) return true;
  if (typeof wanted === "number") return time === wanted;
  const { gt, gte, lt, lte } = wanted;
  return (
    (gt === undefined || time > gt) &&
    (gte === undefined || time >= gte) &&
    (lt === undefined || time < lt) &&
    (lte === undefined || time <= lte)
  );
}

export const plainPaging = {
  limit: int.optional(),
  starting_after: text.optional(),
  ending_before: text.optional(),
  expand,
};
export const paging = { ...plainPaging, created: range.optional() };

export const retrieving = z.strictObject({ expand });

/** Names in the shape must be names of the SDK's type for the request; the compiler sees to it. */
export const takes =
  <P>() =>
  <S extends Record<string, z.ZodType>>(shape: S & Record<Exclude<keyof S, keyof P>, never>) =>
    z.strictObject(shape as S);

/** An address with every part named, as Stripe answers it. */
export const wholeAddress = (given: z.output<typeof address>) => ({
  city: given.city || null,
  country: given.country || null,
  line1: given.line1 || null,
  line2: given.line2 || null,
  postal_code: given.postal_code || null,
  state: given.state || null,
});

/** Metadata after a request: an empty text takes one name away, or all of them. */
export function mergedMetadata(
  now: Record<string, string>,
  given: "" | Record<string, string> | undefined,
): Record<string, string> {
  if (given === undefined) return now;
  if (given === "") return {};
  return Object.fromEntries(Object.entries({ ...now, ...given }).filter(([, value]) => value !== ""));
}
