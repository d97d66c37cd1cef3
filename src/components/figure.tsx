"use client";

import { useEffect, useRef } from "react";
import { cx } from "./cx";
import { formatCompact, formatCount } from "./format";

const COUNT_MS = 160;

/**
 * A figure that counts to its new value once, in 160 ms, and not at all under reduced motion. The text in the page is
 * the exact value at every moment; the numbers in between are only painted over it.
 * `compact` shows `12.4k` with the exact figure on hover.
 */
export function Figure({ value, compact, className }: { value: number; compact?: boolean; className?: string }) {
  const ref = useRef<HTMLSpanElement>(null);
  const before = useRef(value);

  useEffect(() => {
    const from = before.current;
    before.current = value;
    const element = ref.current;
    if (!element || from === value || window.matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const start = performance.now();
    const format = compact ? formatCompact : formatCount;
    const settle = () => {
      element.removeAttribute("data-shown");
      element.classList.remove("counting");
    };
    const step = (time: number) => {
      const passed = Math.min(1, (time - start) / COUNT_MS);
      if (passed >= 1) return settle();
      element.dataset.shown = format(Math.round(from + (value - from) * (1 - (1 - passed) ** 3)));
      element.classList.add("counting");
      frame = requestAnimationFrame(step);
    };
    let frame = requestAnimationFrame(step);
    return () => {
      cancelAnimationFrame(frame);
      settle();
    };
  }, [value, compact]);

  return (
    <span ref={ref} className={cx("figures", className)} title={compact ? formatCount(value) : undefined}>
      {compact ? formatCompact(value) : formatCount(value)}
    </span>
  );
}
