import { cx } from "./cx";

/** Holds the place of something on its way, at its final size. */
export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden="true" className={cx("skeleton block", className)} />;
}
