import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import { cx } from "./cx";

export type ButtonLook = "main" | "plain" | "quiet" | "danger";

const LOOKS: Record<ButtonLook, string> = {
  main: "bg-accent text-accent-on hover:bg-accent-hover",
  plain: "border border-line-control bg-surface text-ink hover:bg-inset",
  quiet: "text-ink-2 hover:bg-inset hover:text-ink",
  danger: "bg-red-solid text-red-on hover:brightness-95",
};

/**
 * The classes of a button, for a link that must look like one. `main` stands once on a page; `plain` beside it,
 * `quiet` in rows and bars, `danger` only where something ends.
 */
export function buttonClass(look: ButtonLook = "plain", size: "control" | "small" | "icon" = "control"): string {
  return cx(
    "inline-flex shrink-0 items-center justify-center gap-2 rounded-control font-medium whitespace-nowrap transition-colors",
    "disabled:cursor-not-allowed disabled:opacity-60 aria-busy:cursor-progress data-disabled:opacity-60",
    size === "control" && "h-10 px-4 text-14 md:h-9",
    size === "small" && "h-8 px-2.5 text-13",
    size === "icon" && "size-8",
    LOOKS[look],
  );
}

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & {
  look?: ButtonLook;
  size?: "control" | "small" | "icon";
  /** Work is under way: the button keeps its size and words, says it is busy, and takes no second press. */
  busy?: boolean;
  icon?: ReactNode;
  ref?: Ref<HTMLButtonElement>;
};

/** A button. Its words say what it does; an icon may stand before them. */
export function Button({
  look,
  size,
  busy,
  icon,
  className,
  children,
  onClick,
  type = "button",
  ...rest
}: ButtonProps) {
  return (
    <button
      type={type}
      aria-busy={busy || undefined}
      aria-disabled={busy || undefined}
      className={cx(buttonClass(look, size), className)}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else onClick?.(event);
      }}
      {...rest}
    >
      {busy ? <Spinner /> : icon}
      {children}
    </button>
  );
}

function Spinner() {
  return (
    <svg viewBox="0 0 16 16" width={16} height={16} fill="none" aria-hidden="true" className="motion-safe:animate-spin">
      <circle cx="8" cy="8" r="6" stroke="currentColor" strokeWidth="1.5" opacity="0.3" />
      <path d="M14 8a6 6 0 0 0-6-6" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" />
    </svg>
  );
}
