"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { useTRPC } from "@/trpc/client";
import { ReasonDialog } from "./reason-dialog";

/** Ends a brand's key, such as one that was found in public, with the reason. */
export function RevokeDialog({
  customerId,
  target,
  onClose,
  onRevoked,
  opensFirst = false,
}: {
  customerId: string;
  target: { readonly keyId: string; readonly name: string } | null;
  onClose: () => void;
  onRevoked?: (keyId: string) => void;
  /** Where the brand is not open yet: opens it for the same reason, which its log has then too. */
  opensFirst?: boolean;
}) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const open = useMutation(trpc.admin.openSupport.mutationOptions());
  const revokeKey = useMutation(trpc.admin.revokeKey.mutationOptions());
  const revoke = useMutation({
    mutationFn: async (input: { keyId: string; reason: string }) => {
      if (opensFirst) await open.mutateAsync({ customerId, reason: input.reason });
      return revokeKey.mutateAsync({ customerId, ...input });
    },
    onSuccess: async (_, { keyId }) => {
      onRevoked?.(keyId);
      toast("The key is revoked, from this second on");
      await queries.invalidateQueries({ queryKey: trpc.admin.pathKey() });
    },
  });
  return (
    <ReasonDialog
      open={target !== null}
      onClose={onClose}
      title={`Revoke ${target?.name ?? "the key"}?`}
      description="Whatever uses this key is refused from now on, also where the brand itself uses it. It cannot be undone; its managers and admins are told at once, and make a new one."
      hint={`Such as where it was found. The brand reads it in that mail and in its audit log.${opensFirst ? " It also opens the brand to you for an hour." : ""}`}
      maxLength={300}
      confirm="Revoke key"
      failure="The key was not revoked"
      change={revoke}
      onConfirm={(reason, close) => target && revoke.mutate({ keyId: target.keyId, reason }, { onSuccess: close })}
    />
  );
}
