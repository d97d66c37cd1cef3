import type { ReactNode, TdHTMLAttributes, ThHTMLAttributes } from "react";
import { cx } from "./cx";

/**
 * A table whose header stays in view while the page scrolls. It never scrolls sideways: columns that do not fit a
 * narrow screen are left out there (`max-md:hidden` on head and cells alike) and said within the first one.
 * `label` names it for screen readers.
 */
export function Table({ label, children }: { label: string; children: ReactNode }) {
  return (
    <table aria-label={label} className="w-full border-separate border-spacing-0 text-left text-14">
      {children}
    </table>
  );
}

/** A column's head. */
export function Th({ className, ...rest }: ThHTMLAttributes<HTMLTableCellElement>) {
  return (
    <th
      scope="col"
      {...rest}
      className={cx(
        "sticky top-14 z-10 h-9 border-b border-line bg-surface px-3 text-12 font-medium whitespace-nowrap text-ink-3 first:pl-4 last:pr-4 md:top-0 md:first:pl-5 md:last:pr-5",
        className,
      )}
    />
  );
}

/** A row's head: what the row is about. */
export function RowHead({ className, ...rest }: ThHTMLAttributes<HTMLTableCellElement>) {
  return (
    <th
      scope="row"
      {...rest}
      className={cx(
        "border-b border-line px-3 py-2.5 font-normal group-last:border-b-0 first:pl-4 md:first:pl-5",
        className,
      )}
    />
  );
}

/** A cell. */
export function Td({ className, ...rest }: TdHTMLAttributes<HTMLTableCellElement>) {
  return (
    <td
      {...rest}
      className={cx("border-b border-line px-3 py-2.5 group-last:border-b-0 last:pr-4 md:last:pr-5", className)}
    />
  );
}

/** A row. */
export function Tr({ children, className }: { children: ReactNode; className?: string }) {
  return <tr className={cx("group", className)}>{children}</tr>;
}
