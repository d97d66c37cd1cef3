"use client";

import { Button } from "@/components/button";
import { BrokenBridgeDrawing } from "@/components/icons/drawings";
import { MessagePage } from "./message";

/** A page broke while it was put together. */
export default function PageError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <MessagePage
      drawing={<BrokenBridgeDrawing />}
      title="This page could not be put together"
      action={
        <Button look="main" onClick={reset}>
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
    </MessagePage>
  );
}
