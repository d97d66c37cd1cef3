/** Hours of a week: how far back the same hour lies. */
const WEEK = 168;
/** How many weeks an hour is compared with, and how many it takes at least to say anything. */
const WEEKS = 8;
const LEAST_WEEKS = 2;
/** Over how many hours the scatter is told. */
const SCATTER = 4 * WEEK;
/**
 * Windows that end with the hour, in hours, and by how many deviations their sum stands out above and below. One hour
 * alone tells a surge, but never a lull. Set on simulated brands (docs/proof/alerts.md).
 */
const WINDOWS: readonly { readonly hours: number; readonly high: number; readonly low: number }[] = [
  { hours: 1, high: 5.5, low: Infinity },
  { hours: 3, high: 6.5, low: 4.5 },
  { hours: 6, high: 7, low: 5.5 },
];
/** Below how many deviations an hour is an ordinary one again. */
const CALM = 2.5;
/** And above how many, below zero, one is part of a lull: where little is usual, even nothing is not far from it. */
const LOW_NOW = 1.5;
/** How many uses it takes for anything to be called unusual: small shops are not disturbed by a handful. */
const LEAST_USES = 12;

const median = (values: readonly number[]): number => {
  // Sorts numbers as numbers, and faster than a list.
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};

/** How an hour compares with what is usual for it. */
export interface Look {
  /** Tokens of the hour, and of such an hour usually. */
  readonly tokens: number;
  readonly usual: number;
  /** Stands out above, or below: by more than chance shows, by more than the share asked for, and by some uses. */
  readonly high: boolean;
  readonly low: boolean;
  /** True for an hour as any other. */
  readonly calm: boolean;
}

/**
 * What is usual for each hour, from the hours before it alone. All in square roots, in which the scatter of counts is
 * the same whether they are many or few. Each hour is compared with the same hour of the week and its neighbours, up to
 * eight weeks back, by their median: a campaign, a holiday or an outage among them moves it by nothing. The level of the
 * last week against those before shifts it, so that growth is not unusual.
 */
export class Baseline {
  private readonly roots: number[];
  private readonly raw: (number | null)[] = [];
  private readonly levels: number[] = [];
  private readonly rests: (number | null)[] = [];
  private readonly scatters = new Map<number, number>();
  private readonly unit: number;

  /**
   * @param hours tokens of each hour by the brand's clock, oldest first, without gaps
   * @param unit tokens of a usual use
   */
  constructor(
    private readonly hours: readonly number[],
    unit: number,
  ) {
    this.unit = Math.max(1, unit);
    this.roots = hours.map((tokens) => Math.sqrt(Math.max(0, tokens)));
    for (let at = 0; at < hours.length; at++) {
      this.raw.push(this.slotOf(at));
      this.levels.push(this.levelOf(at));
      const base = this.rootAt(at);
      this.rests.push(base === null ? null : (this.roots[at] ?? 0) - base);
    }
  }

  /** The same hour of earlier weeks with its neighbours, as a square root; null where there are too few weeks. */
  private slotOf(at: number): number | null {
    if (at < LEAST_WEEKS * WEEK) return null;
    const values: number[] = [];
    for (let week = 1; week <= WEEKS && at - week * WEEK >= 0; week++) {
      // The hour itself has the majority: one that is busy every week stays what it is between two quiet ones.
      for (const near of [-1, 0, 0, 0, 1]) {
        const value = this.roots[at - week * WEEK + near];
        if (value !== undefined) values.push(value);
      }
    }
    return median(values);
  }

  /** How the last seven days stand to what was usual for them: the median of the days, within half and double. */
  private levelOf(at: number): number {
    const days: number[] = [];
    for (let day = 0; day < 7; day++) {
      let had = 0;
      let usual = 0;
      for (let back = day * 24 + 1; back <= day * 24 + 24; back++) {
        const raw = this.raw[at - back];
        if (raw === null || raw === undefined) continue;
        had += this.hours[at - back] ?? 0;
        usual += raw ** 2;
      }
      if (usual > 0) days.push(had / usual);
    }
    return days.length < 7 ? 1 : Math.min(2, Math.max(0.5, median(days)));
  }

  private rootAt(at: number): number | null {
    const raw = this.raw[at];
    return raw === null || raw === undefined ? null : raw * Math.sqrt(this.levels[at] ?? 1);
  }

  /** How far hours scatter around what is usual: by the median of four weeks, never less than counts do by themselves. */
  private scatterAt(at: number): number {
    const known = this.scatters.get(at) ?? this.scatterOf(at);
    this.scatters.set(at, known);
    return known;
  }

  private scatterOf(at: number): number {
    const rests: number[] = [];
    for (let i = Math.max(0, at - SCATTER); i < at; i++) {
      const rest = this.rests[i];
      // Hours in which there is usually nothing and was nothing tell nothing of the others.
      if (rest === null || rest === undefined || ((this.hours[i] ?? 0) === 0 && (this.raw[i] ?? 0) === 0)) continue;
      rests.push(Math.abs(rest));
    }
    return Math.max(1.4826 * (rests.length > 0 ? median(rests) : 0), 0.5 * Math.sqrt(this.unit));
  }

  /**
   * Looks at one hour. Null where there are not two full weeks to compare with.
   * @param share by how much of the usual it must differ at least, 0.5 for half
   */
  look(at: number, share: number): Look | null {
    const base = this.rootAt(at);
    const tokens = this.hours[at];
    if (base === null || tokens === undefined) return null;
    const scatter = this.scatterAt(at);
    const usual = base ** 2;
    const least = LEAST_USES * this.unit;
    const score = ((this.roots[at] ?? 0) - base) / scatter;
    let high = false;
    let low = false;
    let [rest, had, expected] = [0, 0, 0];
    for (let back = 0; back < 6; back++) {
      const root = this.rootAt(at - back);
      if (root === null) break;
      rest += (this.roots[at - back] ?? 0) - root;
      had += this.hours[at - back] ?? 0;
      expected += root ** 2;
      const window = WINDOWS.find(({ hours }) => hours === back + 1);
      if (!window) continue;
      const together = rest / (scatter * Math.sqrt(window.hours));
      // What was long ago within the window does not speak for an hour that is ordinary again.
      high ||= together >= window.high && score >= CALM && had >= expected * (1 + share) && had - expected >= least;
      low ||=
        together <= -window.low &&
        score <= -LOW_NOW &&
        had <= expected * Math.max(0, 1 - share) &&
        expected - had >= least;
    }
    return { tokens, usual, high, low, calm: Math.abs(score) < CALM };
  }
}
