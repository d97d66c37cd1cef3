"use client";

import { useEffect, useRef } from "react";
import { Button } from "@/components/button";
import { CopyButton } from "@/components/copy";
import { DialogActions, DialogBody } from "@/components/dialog";
import { Notice } from "@/components/notice";

/** A signing secret that has just been made; it is never shown again. */
export function SecretReveal({ secret, rotated, onDone }: { secret: string; rotated?: boolean; onDone: () => void }) {
  const box = useRef<HTMLElement>(null);
  // The form that had the focus is gone; without this the keyboard would be nowhere.
  useEffect(() => box.current?.focus(), []);
  return (
    <>
      <DialogBody>
        <Notice kind="soon" title="This is the only time we show it">
          {rotated
            ? "For 24 hours both secrets sign, the old one and this one. Give it to your receiver within that time."
            : "Put it where your receiver keeps its secrets: it tells our events from anybody else’s. If it is lost, rotate it."}
        </Notice>
        <section
          ref={box}
          tabIndex={-1}
          aria-label="Signing secret"
          className="rounded-control bg-inset p-3 font-mono text-13 break-all select-all"
        >
          {secret}
        </section>
      </DialogBody>
      <DialogActions>
        <Button onClick={onDone}>Done</Button>
        <CopyButton look="main" text={secret}>
          Copy secret
        </CopyButton>
      </DialogActions>
    </>
  );
}
