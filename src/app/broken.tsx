"use client";

import type { ComponentType } from "react";
import { Button } from "@/components/button";
import { BrokenBridgeDrawing } from "@/components/icons/drawings";
import type { MessageProps } from "./message";

/** What Next hands to an error page. */
export interface BrokenProps {
  error: Error & { digest?: string };
  /** Asks the server for the page again; its `reset` would draw once more what it was told before, the error among it. */
  retry: () => void;
}

/** A page broke while it was put together; said in the frame that still stands. */
export function Broken({ error, retry, frame: Frame }: BrokenProps & { frame: ComponentType<MessageProps> }) {
  return (
    <Frame
      drawing={<BrokenBridgeDrawing />}
      title="This page could not be put together"
      action={
        <Button look="main" onClick={retry}>
          Try again
        </Button>
      }
    >
      <p>
        Something went wrong on our side. Your shop&rsquo;s widgets do not depend on this page, and nothing was lost.
      </p>
      {error.digest && (
        <p className="mt-2 text-13 text-ink-3">
          If it stays, tell us this reference: <span className="font-mono">{error.digest}</span>
        </p>
      )}
    </Frame>
  );
}
