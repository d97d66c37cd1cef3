/** One line of the benchmark's output. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The same measured on the baseline, in the same run; null where the figure has none. */
  readonly baseline: number | null;
  readonly ratio: number | null;
  /** False where the baseline wandered by more than a third, or something went wrong: then the figure says nothing. */
  readonly valid: boolean;
  readonly [more: string]: unknown;
}

/** Measures what is wanted of a group: `wanted` is asked with the names of figures that come from one measurement. */
export type Group = (wanted: (...names: string[]) => boolean) => AsyncIterable<Figure>;

const rounded = (value: number): number => Number(value.toPrecision(4));

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
};

/** A figure from passes that alternated between baseline and ours: medians, and whether the baseline held still. */
export function compared(
  name: string,
  unit: string,
  passes: { readonly baseline: readonly number[]; readonly ours: readonly number[] },
  more: Record<string, unknown> & { readonly sound: boolean },
): Figure {
  const { sound, ...rest } = more;
  const [value, baseline] = [median(passes.ours), median(passes.baseline)];
  const wander = (Math.max(...passes.baseline) - Math.min(...passes.baseline)) / baseline;
  return {
    name,
    value: rounded(value),
    unit,
    baseline: rounded(baseline),
    ratio: rounded(value / baseline),
    valid: sound && wander <= 1 / 3,
    baseline_wander: rounded(wander),
    ...rest,
  };
}
