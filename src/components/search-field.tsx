import type { InputHTMLAttributes, Ref } from "react";
import { cx } from "./cx";
import { SearchIcon } from "./icons/interface";

/** A line to search with. `label` names it; the placeholder may say more. */
export function SearchField({
  label,
  className,
  ...rest
}: Omit<InputHTMLAttributes<HTMLInputElement>, "type"> & { label: string; ref?: Ref<HTMLInputElement> }) {
  return (
    <div className={cx("relative w-full", className)}>
      <SearchIcon size={18} className="pointer-events-none absolute inset-y-0 left-3 my-auto text-ink-3" />
      <input
        {...rest}
        type="search"
        aria-label={label}
        className="h-10 w-full rounded-control border border-line-control bg-surface pr-3 pl-9.5 text-14 md:h-9"
      />
    </div>
  );
}
