"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/button";
import { Dialog, DialogActions, DialogBody } from "@/components/dialog";
import { TextField } from "@/components/field";
import { Notice } from "@/components/notice";
import { describeFailure } from "@/components/query-error";
import { useTRPC } from "@/trpc/client";
import type { OpenView } from "../support/contract";

/** Ends a brand's key, such as one that was found in public, with the reason. */
export function RevokeDialog({
  customerId,
  target,
  onClose,
}: {
  customerId: string;
  target: OpenView["keys"][number] | null;
  onClose: () => void;
}) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [reason, setReason] = useState("");
  const [wrong, setWrong] = useState(false);
  const close = () => {
    revoke.reset();
    setReason("");
    setWrong(false);
    onClose();
  };
  const revoke = useMutation(
    trpc.admin.revokeKey.mutationOptions({
      onSuccess: async () => {
        toast("The key is revoked, from this second on");
        close();
        await queries.invalidateQueries({ queryKey: trpc.admin.support.queryKey({ customerId }) });
      },
    }),
  );
  return (
    <Dialog
      firm
      open={target !== null}
      onOpenChange={(open) => open || close()}
      title={`Revoke ${target?.name ?? "the key"}?`}
      description="Whatever uses this key is refused from now on. It cannot be undone; the brand makes a new one."
    >
      <DialogBody>
        {revoke.error && (
          <Notice kind="stopped" title="The key was not revoked">
            {describeFailure(revoke.error)}
          </Notice>
        )}
        <TextField
          label="Reason"
          hint="Such as where it was found. The brand reads it in its audit log."
          maxLength={300}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
          {...(wrong && { error: "Say why, in at least 5 characters." })}
        />
      </DialogBody>
      <DialogActions>
        <Button onClick={close}>Keep it</Button>
        <Button
          look="danger"
          busy={revoke.isPending}
          onClick={() => {
            const short = reason.trim().length < 5;
            setWrong(short);
            if (!short && target) revoke.mutate({ customerId, keyId: target.keyId, reason });
          }}
        >
          Revoke key
        </Button>
      </DialogActions>
    </Dialog>
  );
}
