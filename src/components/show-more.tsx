import type { ReactNode } from "react";
import { Button } from "./button";

/** The way to the rest of a list, at its foot. Where the rest cannot be loaded it says so, and what stands above it stays. */
export function ShowMore({
  busy,
  failed,
  onPress,
  children,
}: {
  busy: boolean;
  failed: boolean;
  onPress: () => void;
  children: ReactNode;
}) {
  return (
    <span className="inline-flex flex-wrap items-center gap-x-3 gap-y-1">
      <Button look="quiet" size="small" busy={busy} onClick={onPress}>
        {children}
      </Button>
      {failed && !busy && (
        <span role="alert" className="text-13 text-ink-2">
          The rest could not be loaded. Nothing was lost; press again.
        </span>
      )}
    </span>
  );
}
