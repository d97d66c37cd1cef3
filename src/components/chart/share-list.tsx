import { cx } from "../cx";
import { formatCount } from "../format";

/** Parts of a whole as bars with their names and amounts beside them, the largest first. */
export function ShareList({
  rows,
  total,
  columns = false,
  bars = "largest",
}: {
  rows: readonly { readonly key: string; readonly name: string; readonly value: number; readonly quiet?: boolean }[];
  /** What 100 % is. */
  total: number;
  /** In two columns where there is room. */
  columns?: boolean;
  /** What a full bar is: the largest part, so that many small ones can be told apart, or the whole. */
  bars?: "largest" | "whole";
}) {
  const most = bars === "whole" ? Math.max(total, 1) : Math.max(...rows.map(({ value }) => value), 1);
  return (
    <ul className={cx("grid gap-x-8 gap-y-3", columns && "md:grid-cols-2")}>
      {rows.map(({ key, name, value, quiet }) => (
        <li key={key} className="grid gap-1.5 text-13">
          <span className="flex items-baseline gap-3">
            <span className={quiet ? "min-w-0 flex-1 truncate text-ink-2" : "min-w-0 flex-1 truncate"} title={name}>
              {name}
            </span>
            <span className="figures whitespace-nowrap text-ink-2">
              {formatCount(value)}
              <span className="ml-2 inline-block w-10 text-right text-ink-3">
                {total > 0 ? `${Math.round((value / total) * 100)} %` : "–"}
              </span>
            </span>
          </span>
          <span aria-hidden="true" className="h-1.5 rounded-full bg-inset">
            <span
              className={quiet ? "block h-full rounded-full bg-line-control" : "block h-full rounded-full bg-accent"}
              style={{ width: `${Math.max(value > 0 ? 1 : 0, (value / most) * 100)}%` }}
            />
          </span>
        </li>
      ))}
    </ul>
  );
}
