"use client";

import { AlertDialog } from "@base-ui/react/alert-dialog";
import { Dialog as BaseDialog } from "@base-ui/react/dialog";
import type { ReactNode, RefObject } from "react";
import { Button, buttonClass } from "./button";
import { cx } from "./cx";
import { CloseIcon } from "./icons/interface";

const BACKDROP =
  "fixed inset-0 z-40 bg-veil transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0";
const POPUP =
  "fixed z-50 flex max-h-[min(100dvh-2rem,48rem)] flex-col overflow-hidden bg-surface shadow-float outline-none transition-[opacity,translate] duration-150 data-ending-style:translate-y-2 data-ending-style:opacity-0 data-starting-style:translate-y-2 data-starting-style:opacity-0 inset-x-0 bottom-0 rounded-t-dialog md:inset-x-auto md:bottom-auto md:left-1/2 md:top-1/2 md:-translate-x-1/2 md:-translate-y-1/2 md:rounded-dialog md:border md:border-line md:data-ending-style:-translate-y-[calc(50%-8px)] md:data-starting-style:-translate-y-[calc(50%-8px)]";

/**
 * A dialog: a sheet from below on phones, in the middle on wide screens. The body scrolls, head and foot stay.
 * `firm` ignores presses beside it, for what must not be lost by a slip.
 */
export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  children,
  firm,
  initialFocus,
  finalFocus,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: ReactNode;
  children: ReactNode;
  firm?: boolean;
  initialFocus?: RefObject<HTMLElement | null>;
  finalFocus?: RefObject<HTMLElement | null>;
}) {
  return (
    <BaseDialog.Root open={open} onOpenChange={onOpenChange} disablePointerDismissal={firm}>
      <BaseDialog.Portal>
        <BaseDialog.Backdrop className={BACKDROP} />
        <BaseDialog.Popup className={cx(POPUP, "md:w-[36rem]")} initialFocus={initialFocus} finalFocus={finalFocus}>
          <div className="flex items-start justify-between gap-4 px-5 pt-5 pb-3">
            <div className="min-w-0">
              <BaseDialog.Title className="text-20 font-semibold wrap-anywhere">{title}</BaseDialog.Title>
              {description && (
                <BaseDialog.Description className="mt-1 text-14 text-ink-2">{description}</BaseDialog.Description>
              )}
            </div>
            <BaseDialog.Close className={cx(buttonClass("quiet", "icon"), "-mt-0.5 -mr-1.5")} aria-label="Close">
              <CloseIcon />
            </BaseDialog.Close>
          </div>
          {children}
        </BaseDialog.Popup>
      </BaseDialog.Portal>
    </BaseDialog.Root>
  );
}

/** The part of a dialog that scrolls. */
export function DialogBody({ children }: { children: ReactNode }) {
  return <div className="grid min-h-0 flex-1 gap-5 overflow-y-auto px-5 pt-1 pb-5">{children}</div>;
}

/** The actions of a dialog, always in view; the main one last. */
export function DialogActions({ children }: { children: ReactNode }) {
  return (
    <div className="flex flex-wrap justify-end gap-2 border-t border-line px-5 py-3 pb-[max(0.75rem,env(safe-area-inset-bottom))]">
      {children}
    </div>
  );
}

/** Asks before something ends, naming it. The safe answer has the focus. */
export function ConfirmDialog({
  open,
  onOpenChange,
  title,
  children,
  confirm,
  keep,
  busy,
  onConfirm,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  children: ReactNode;
  confirm: string;
  keep: string;
  busy: boolean;
  onConfirm: () => void;
}) {
  return (
    <AlertDialog.Root open={open} onOpenChange={onOpenChange}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className={BACKDROP} />
        <AlertDialog.Popup className={cx(POPUP, "md:w-[28rem]")}>
          <div className="grid gap-2 p-5">
            <AlertDialog.Title className="text-20 font-semibold wrap-anywhere">{title}</AlertDialog.Title>
            <AlertDialog.Description render={<div />} className="grid gap-2 text-14 text-ink-2">
              {children}
            </AlertDialog.Description>
          </div>
          <DialogActions>
            <AlertDialog.Close className={buttonClass("plain")}>{keep}</AlertDialog.Close>
            <Button look="danger" busy={busy} onClick={onConfirm}>
              {confirm}
            </Button>
          </DialogActions>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
