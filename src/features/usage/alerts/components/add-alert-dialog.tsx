"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type RefObject, useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/button";
import { Dialog, DialogActions, DialogBody } from "@/components/dialog";
import { SelectField, TextField } from "@/components/field";
import { Notice } from "@/components/notice";
import { describeFailure } from "@/components/query-error";
import { useTRPC } from "@/trpc/client";
import type { AlertKind } from "../contract";
import { ABOUT, CUSTOM } from "./words";

/** Asks what to be told of, and from where on. */
export function AddAlertDialog({
  open,
  onClose,
  finalFocus,
}: {
  open: boolean;
  onClose: () => void;
  finalFocus: RefObject<HTMLElement | null>;
}) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [kind, setKind] = useState<AlertKind>("low_balance");
  const [threshold, setThreshold] = useState("500");
  const add = useMutation(
    trpc.alerts.addRule.mutationOptions({
      onSuccess: async () => {
        await queries.invalidateQueries(trpc.alerts.overview.queryFilter());
        onClose();
        toast.success("The alert was added");
      },
    }),
  );
  const of = CUSTOM.find((each) => each.kind === kind);
  const amount = /^\d{1,9}$/.test(threshold.trim()) ? Number(threshold) : null;
  const refused = add.error?.data?.fields?.find((field) => field.path === "threshold")?.message;
  const close = () => {
    if (add.isPending) return;
    add.reset();
    onClose();
  };
  return (
    <Dialog open={open} onOpenChange={(now) => !now && close()} title="Add an alert" finalFocus={finalFocus}>
      <form
        className="contents"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (amount !== null && !add.isPending) add.mutate({ kind, threshold: amount });
        }}
      >
        <DialogBody>
          <SelectField
            label="Tell us when"
            value={kind}
            hint={ABOUT[kind]}
            onChange={(event) => {
              const next = event.target.value as AlertKind;
              add.reset();
              setKind(next);
              setThreshold(CUSTOM.find((each) => each.kind === next)?.suggested ?? "");
            }}
          >
            {CUSTOM.map((each) => (
              <option key={each.kind} value={each.kind}>
                {each.name}
              </option>
            ))}
          </SelectField>
          {of?.label && (
            <TextField
              label={of.label}
              inputMode="numeric"
              hint={of.hint}
              value={threshold}
              error={amount === null ? "A whole number, please." : refused}
              onChange={(event) => {
                add.reset();
                setThreshold(event.target.value);
              }}
            />
          )}
          {add.error && !(refused && of?.label) && (
            <Notice kind="stopped" title="The alert was not added">
              {describeFailure(add.error)}
            </Notice>
          )}
        </DialogBody>
        <DialogActions>
          <Button onClick={close}>Cancel</Button>
          <Button look="main" type="submit" busy={add.isPending}>
            Add alert
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
