import { changeWords } from "./words";

/** What a figure has done against the period before: `12 % more`, for a screen reader with what it is held against. */
export function ChangeLine({ change, upTo, against }: { change: number | null; upTo: string; against: string }) {
  if (change === null) return "nothing to compare with";
  return (
    <>
      {changeWords(change)}
      {upTo}
      <span className="sr-only"> than {against}</span>
    </>
  );
}
