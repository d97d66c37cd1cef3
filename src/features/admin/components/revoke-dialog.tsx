"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { useTRPC } from "@/trpc/client";
import type { OpenView } from "../support/contract";
import { ReasonDialog } from "./reason-dialog";

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
  const revoke = useMutation(
    trpc.admin.revokeKey.mutationOptions({
      onSuccess: async () => {
        toast("The key is revoked, from this second on");
        await queries.invalidateQueries({ queryKey: trpc.admin.support.queryKey({ customerId }) });
      },
    }),
  );
  return (
    <ReasonDialog
      open={target !== null}
      onClose={onClose}
      title={`Revoke ${target?.name ?? "the key"}?`}
      description="Whatever uses this key is refused from now on. It cannot be undone; the brand makes a new one."
      hint="Such as where it was found. The brand reads it in its audit log."
      maxLength={300}
      confirm="Revoke key"
      failure="The key was not revoked"
      change={revoke}
      onConfirm={(reason, close) =>
        target && revoke.mutate({ customerId, keyId: target.keyId, reason }, { onSuccess: close })
      }
    />
  );
}
