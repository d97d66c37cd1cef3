"use client";

import { useTheme } from "next-themes";
import { Toaster as Sonner } from "sonner";
import { buttonClass } from "./button";
import { CheckIcon, StoppedIcon } from "./icons/interface";

/** How long a message offers to take back what was done, ms: long enough to be read, and to be reached by keyboard. */
export const UNDO_MS = 12_000;

/** Where short messages appear after an action. Send one with `toast` from sonner. */
export function Toaster() {
  const { resolvedTheme } = useTheme();
  return (
    <Sonner
      theme={resolvedTheme === "dark" ? "dark" : "light"}
      position="bottom-right"
      mobileOffset={{ bottom: 80 }}
      icons={{
        success: <CheckIcon size={18} className="text-green" />,
        error: <StoppedIcon size={18} className="text-red" />,
      }}
      toastOptions={{
        unstyled: true,
        classNames: {
          toast:
            "flex w-full items-start gap-2.5 rounded-card border border-line bg-surface px-4 py-3 text-14 text-ink shadow-float font-sans",
          description: "text-13 text-ink-2",
          actionButton: `${buttonClass("plain", "small")} ml-auto`,
        },
      }}
    />
  );
}
