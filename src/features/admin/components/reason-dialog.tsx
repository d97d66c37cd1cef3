"use client";

import { useState } from "react";
import { Button } from "@/components/button";
import { Dialog, DialogActions, DialogBody } from "@/components/dialog";
import { TextField } from "@/components/field";
import { Notice } from "@/components/notice";
import { describeFailure } from "@/components/query-error";

/** Asks why before something is done that others read of; the reason goes to whoever is to read it. */
export function ReasonDialog({
  open,
  onClose,
  title,
  description,
  hint,
  maxLength,
  confirm,
  failure,
  change,
  onConfirm,
  look = "danger",
  keep = "Keep it",
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  description: string;
  /** What the reason may be, and who reads it. */
  hint?: string;
  /** Characters. */
  maxLength: number;
  confirm: string;
  /** The head of what is said where it failed. */
  failure: string;
  change: { readonly error: unknown; readonly isPending: boolean; readonly reset: () => void };
  onConfirm: (reason: string, close: () => void) => void;
  /** `main` where nothing ends. */
  look?: "danger" | "main";
  keep?: string;
}) {
  const [reason, setReason] = useState("");
  const [wrong, setWrong] = useState(false);
  const close = () => {
    change.reset();
    setReason("");
    setWrong(false);
    onClose();
  };
  return (
    <Dialog firm open={open} onOpenChange={(next) => next || close()} title={title} description={description}>
      <DialogBody>
        {change.error !== null && (
          <Notice kind="stopped" title={failure}>
            {describeFailure(change.error)}
          </Notice>
        )}
        <TextField
          label="Reason"
          hint={hint}
          maxLength={maxLength}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
          {...(wrong && { error: "Say why, in at least 5 characters." })}
        />
      </DialogBody>
      <DialogActions>
        <Button onClick={close}>{keep}</Button>
        <Button
          look={look}
          busy={change.isPending}
          onClick={() => {
            const short = reason.trim().length < 5;
            setWrong(short);
            if (!short) onConfirm(reason, close);
          }}
        >
          {confirm}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
