"use client";

import { type ReactNode, useEffect, useRef } from "react";
import { Button } from "@/components/button";
import { CopyButton } from "@/components/copy";
import { DialogActions, DialogBody } from "@/components/dialog";
import { Notice } from "@/components/notice";
import type { MadeKey } from "../contract";
import { ModeBadge } from "./mode-badge";

/** A key that has just been made; a secret one is never shown again. `children` say what else came of it. */
export function KeyReveal({ made, onDone, children }: { made: MadeKey; onDone: () => void; children?: ReactNode }) {
  const box = useRef<HTMLElement>(null);
  // The form that had the focus is gone; without this the keyboard would be nowhere.
  useEffect(() => box.current?.focus(), []);
  const isSecret = made.key.kind === "sk";
  return (
    <>
      <DialogBody>
        {made.key.mode === "test" && (
          <p className="flex flex-wrap items-center gap-2 text-14 text-ink-2">
            <ModeBadge mode="test" /> It spends the sandbox&rsquo;s 10,000 test tokens a month, never yours.
          </p>
        )}
        {isSecret ? (
          <Notice kind="soon" title="This is the only time we show it">
            Put it where your servers keep their secrets. If it is lost, revoke it and create another.
          </Notice>
        ) : (
          <p className="text-14 text-ink-2">
            It may stand in your shop&rsquo;s pages and works only from the origins you gave. You find it again in the
            list.
          </p>
        )}
        <section
          ref={box}
          tabIndex={-1}
          aria-label={isSecret ? "Secret key" : "Public key"}
          className="rounded-control bg-inset p-3 font-mono text-13 break-all select-all"
        >
          {made.secret}
        </section>
        {children}
      </DialogBody>
      <DialogActions>
        <Button onClick={onDone}>Done</Button>
        <CopyButton look="main" text={made.secret}>
          Copy key
        </CopyButton>
      </DialogActions>
    </>
  );
}
