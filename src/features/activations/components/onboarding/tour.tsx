"use client";

import { Dialog } from "@base-ui/react/dialog";
import { type RefObject, useEffect, useLayoutEffect, useState } from "react";
import { Button } from "@/components/button";

/** What is shown, by the address of its link in the navigation. */
const STOPS = [
  {
    href: "/overview",
    title: "Overview",
    words: "Your balance as it is this second, the apps it pays for, and the newest lines of the ledger.",
  },
  {
    href: "/apps",
    title: "Connected Apps",
    words: "Turn an app on, configure it beside its own preview, and copy the line that puts it into your shop.",
  },
  {
    href: "/keys",
    title: "API keys",
    words: "A public key for your shop’s pages, a secret one for your servers. Test keys spend test tokens only.",
  },
  {
    href: "/usage",
    title: "Usage",
    words: "What was used, on what, when and by whom, and how long your tokens last.",
  },
] as const;

/** A short way round the product: four stops, forward and back with the arrow keys, left with Escape. */
export function Tour({
  open,
  onClose,
  finalFocus,
}: {
  open: boolean;
  onClose: () => void;
  finalFocus: RefObject<HTMLElement | null>;
}) {
  const [at, setAt] = useState(0);
  const stop = STOPS[at] ?? STOPS[0];
  const last = at === STOPS.length - 1;
  useEffect(() => {
    if (open) setAt(0);
  }, [open]);
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-veil" />
        {open && <Ring href={stop.href} />}
        <Dialog.Popup
          finalFocus={finalFocus}
          onKeyDown={(event) => {
            if (event.key === "ArrowRight" && !last) setAt(at + 1);
            if (event.key === "ArrowLeft" && at > 0) setAt(at - 1);
          }}
          className="fixed inset-x-4 bottom-24 z-50 mx-auto grid max-w-96 gap-4 rounded-dialog border border-line bg-surface p-5 shadow-float outline-none md:top-1/3 md:bottom-auto"
        >
          <div className="grid gap-1" aria-live="polite">
            <p className="figures text-12 text-ink-3">
              {at + 1} of {STOPS.length}
            </p>
            <Dialog.Title className="text-20 font-semibold">{stop.title}</Dialog.Title>
            <Dialog.Description className="text-14 text-ink-2">{stop.words}</Dialog.Description>
          </div>
          <div className="flex justify-between gap-2">
            <Button look="quiet" onClick={onClose}>
              {last ? "Close" : "Skip"}
            </Button>
            <span className="flex gap-2">
              {at > 0 && <Button onClick={() => setAt(at - 1)}>Back</Button>}
              <Button look="main" onClick={() => (last ? onClose() : setAt(at + 1))}>
                {last ? "Begin" : "Next"}
              </Button>
            </span>
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** A ring round the link of a place, over the veil. */
function Ring({ href }: { href: string }) {
  const [box, setBox] = useState<DOMRect | null>(null);
  useLayoutEffect(() => {
    const measure = () => {
      const link = document.querySelector(`nav[aria-label="Main"] a[href="${href}"]`);
      setBox(link?.getBoundingClientRect() ?? null);
    };
    measure();
    window.addEventListener("resize", measure);
    return () => window.removeEventListener("resize", measure);
  }, [href]);
  if (!box || box.width === 0) return null;
  return (
    <div
      aria-hidden="true"
      className="pointer-events-none fixed z-40 rounded-control ring-2 ring-accent ring-offset-2 ring-offset-surface motion-safe:transition-all"
      style={{ left: box.left, top: box.top, width: box.width, height: box.height }}
    />
  );
}
