import { type Face, type Family, PEOPLE, PHOTO_RATIO } from "./pd-plan";
import type { Answer } from "./pd-trial";

/** One face, what was true of it and what the calculator said. */
export interface Trial {
  readonly face: Face;
  readonly answer: Answer;
}
interface Shown {
  readonly face: Face;
  readonly answer: Extract<Answer, { kind: "shown" }>;
}

export const BASELINE_MM = PEOPLE.pd[0];

/** The value below which this part of them lies. */
function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  const [low, high] = [sorted[Math.floor(at)] ?? Number.NaN, sorted[Math.ceil(at)] ?? Number.NaN];
  return low + (high - low) * (at - Math.floor(at));
}
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

export interface Errors {
  readonly count: number;
  readonly median: number;
  readonly p95: number;
  readonly bias: number;
}

/** How far estimates are off, mm. */
export function errorsOf(pairs: readonly { readonly said: number; readonly truth: number }[]): Errors {
  const off = pairs.map(({ said, truth }) => said - truth);
  const size = off.map(Math.abs);
  return { count: off.length, median: quantile(size, 0.5), p95: quantile(size, 0.95), bias: mean(off) };
}

/** How many millimetres the estimate grows by where the truth grows by one (least squares): one, if the mesh follows. */
export function slopeOf(pairs: readonly { readonly said: number; readonly truth: number }[]): number {
  const [x, y] = [mean(pairs.map(({ truth }) => truth)), mean(pairs.map(({ said }) => said))];
  const across = pairs.map(({ said, truth }) => (truth - x) * (said - y));
  return mean(across) / mean(pairs.map(({ truth }) => (truth - x) ** 2));
}

/** Which truth an estimate is held against: the mesh's alone, or that of a person whose iris is not quite 11.7 mm. */
type Truth = (face: Face) => number;
const byRuler: Truth = ({ byRuler: truth }) => truth;
const ofPerson: Truth = ({ pd }) => pd;

const mm = (value: number): string => (Number.isFinite(value) ? value.toFixed(1) : "–");
const signed = (value: number): string => (value > 0 ? "+" : "") + mm(value);
const percent = (part: number): string => (Number.isFinite(part) ? `${Math.round(part * 100)} %` : "–");

/** A truth counts as inside where it rounds to a millimetre of the range: the range is told in whole ones. */
const insideOf = (shown: readonly Shown[], truth: Truth): number =>
  mean(shown.map(({ face, answer: { low, high } }) => +(truth(face) >= low - 0.5 && truth(face) < high + 0.5)));

function row(name: string, trials: readonly Trial[], truth: Truth): string {
  const shown = trials.filter((trial): trial is Shown => trial.answer.kind === "shown");
  const { median, p95, bias } = errorsOf(shown.map(({ face, answer }) => ({ said: answer.pd, truth: truth(face) })));
  return (
    `| ${name} | ${trials.length} | ${trials.length - shown.length} | ${mm(median)} | ${mm(p95)} | ${signed(bias)} | ` +
    `${percent(insideOf(shown, truth))} |`
  );
}
const baseline = (name: string, trials: readonly Trial[], truth: Truth): string => {
  const { median, p95, bias } = errorsOf(trials.map(({ face }) => ({ said: BASELINE_MM, truth: truth(face) })));
  return `| ${name} | ${trials.length} | 0 | ${mm(median)} | ${mm(p95)} | ${signed(bias)} | – |`;
};
const HEAD = (what: string): string[] => [
  `| ${what} | faces | refused | median error, mm | 95 % below | bias | truth in the range |`,
  "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
];

export const FAMILY_WORDS: Readonly<Record<Family, string>> = {
  photo: "photo with its own eyes",
  eyes: "photo with drawn eyes",
  drawn: "wholly drawn",
};

/** The report's tables, as Markdown. */
export function tables(trials: readonly Trial[]): string[] {
  const families = [...new Set(trials.map(({ face }) => face.family))];
  const of = (family: Family): Trial[] => trials.filter(({ face }) => face.family === family);
  const exact = trials.filter(({ face }) => face.family !== "photo");
  const refusals = new Map<string, number>();
  for (const { face, answer } of trials) {
    if (answer.kind === "shown") continue;
    const key = `| ${FAMILY_WORDS[face.family]} | ${face.disturbance} | ${answer.why} |`;
    refusals.set(key, (refusals.get(key) ?? 0) + 1);
  }
  const follows = families.map((family) => {
    const shown = of(family).filter((trial): trial is Shown => trial.answer.kind === "shown");
    const slope = slopeOf(shown.map(({ face, answer }) => ({ said: answer.pd, truth: face.byRuler })));
    return `| ${FAMILY_WORDS[family]} | ${shown.length} | ${Number.isFinite(slope) ? slope.toFixed(2) : "–"} |`;
  });
  return [
    "## The mesh alone",
    "",
    "Against what the calculator would say if it found every point exactly: as if every iris were 11.7 mm wide.",
    "",
    ...HEAD("faces"),
    ...families.map((family) => row(FAMILY_WORDS[family], of(family), byRuler)),
    ...(exact.length > 0 ? [baseline(`always ${BASELINE_MM} mm, for the drawn ones`, exact, byRuler)] : []),
    "",
    "How many millimetres the estimate grows by where the truth grows by one:",
    "",
    "| faces | shown | grows by |",
    "| --- | ---: | ---: |",
    ...follows,
    "",
    "## The mesh, and irises as people have them",
    "",
    `Against the PD of a person: PD ${PEOPLE.pd.join(" ± ")} mm, iris ${PEOPLE.iris.join(" ± ")} mm, each by chance. ` +
      "The iris's part of the error is arithmetic: it is not in any picture.",
    "",
    ...HEAD("faces"),
    ...families.map((family) => row(FAMILY_WORDS[family], of(family), ofPerson)),
    ...(exact.length > 0 ? [baseline(`always ${BASELINE_MM} mm, for the drawn ones`, exact, ofPerson)] : []),
    "",
    ...families.flatMap((family) => [
      `## By disturbance: ${FAMILY_WORDS[family]}`,
      "",
      "The mesh alone.",
      "",
      ...HEAD("picture"),
      ...[...Map.groupBy(of(family), ({ face }) => face.disturbance)].map(([name, some]) => row(name, some, byRuler)),
      "",
    ]),
    "## Refused",
    "",
    ...(refusals.size > 0
      ? [
          "| faces | picture | why | times |",
          "| --- | --- | --- | ---: |",
          ...[...refusals].map(([key, times]) => `${key} ${times} |`),
        ]
      : ["None."]),
  ];
}

/** What was held against what, said before the tables. */
export const METHOD: readonly string[] = [
  "Made by `npm run pd`: faces of known PD are drawn in a browser, given as JPEG to the calculator's own frame as a shopper",
  "gives a photo, and the figure and range that it shows are read from the page. Points, gates and range are all in it.",
  "",
  "- **Photo with drawn eyes**: the public-domain portrait of the tests, its bridge made as wide as the PD asks, with eyes",
  "  painted over its own. Pupils and irises are exact by construction; colour, lids and size of the irises vary.",
  "- **Wholly drawn**: a face of shapes, with the same eyes. Exact as well, and farther from a photo.",
  "- **Photo with its own eyes**: what was in the photo, its bridge widened likewise. Its pupils and iris edges were",
  `  found by hand (ratio ${PHOTO_RATIO.toFixed(2)}); it is soft, so that this truth is itself only known to about 5 in a hundred, 3 mm. What`,
  "  it shows is how far disturbances move the figure, not the bias.",
  "",
  "What none of them shows: other people's eyes and skin, lashes, glasses, real light on a real cornea, a head truly",
  "turned, and how far people's irises are from 11.7 mm. A widened bridge is no person with wide-set eyes: all else in the",
  "face stays as it was. One photo a face: the camera's median of 15 frames lessens noise, and no bias.",
];
