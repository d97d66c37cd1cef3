"use client";

import { Popover } from "@base-ui/react/popover";
import type { ReactNode } from "react";

/** Words that explain what they stand on, shown on hover, focus and tap. `label` names the button for screen readers. */
export function Hint({ label, trigger, children }: { label: string; trigger: ReactNode; children: ReactNode }) {
  return (
    <Popover.Root>
      <Popover.Trigger
        openOnHover
        delay={120}
        aria-label={label}
        className="inline-flex min-h-6 items-center rounded-control"
      >
        {trigger}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} align="start" collisionPadding={12} className="z-50">
          <Popover.Popup className="max-w-80 rounded-card border border-line bg-surface p-3 text-13 text-ink-2 shadow-float outline-none transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0">
            {children}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
