"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { ConfirmDialog } from "@/components/dialog";
import { Notice } from "@/components/notice";
import { describeFailure } from "@/components/query-error";
import { useTRPC } from "@/trpc/client";
import type { KeyView } from "../contract";

/** Asks before a key ends, by its name; it cannot be undone. */
export function RevokeKeyDialog({ target, onClose }: { target: KeyView | null; onClose: () => void }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  // The words stay while the dialog fades out.
  const [shown, setShown] = useState(target);
  if (target && target !== shown) setShown(target);
  const revoke = useMutation(
    trpc.keys.revoke.mutationOptions({
      onSuccess: async () => {
        await queries.invalidateQueries(trpc.keys.list.queryFilter());
        onClose();
        toast.success(`“${shown?.name}” is revoked`);
      },
    }),
  );
  return (
    <ConfirmDialog
      open={target !== null}
      onOpenChange={(open) => {
        if (open || revoke.isPending) return;
        revoke.reset();
        onClose();
      }}
      title={`Revoke “${shown?.name ?? ""}”?`}
      confirm="Revoke key"
      keep="Keep it"
      busy={revoke.isPending}
      onConfirm={() => target && revoke.mutate({ keyId: target.keyId })}
    >
      <p>
        The key ending in <span className="font-mono text-ink">{shown?.lastFour}</span> stops working within a second,
        for good.{" "}
        {shown?.kind === "pk"
          ? "Widgets that use it hide their buttons; your shop’s pages go on."
          : "Servers that use it are refused until they have another."}
      </p>
      {revoke.error && (
        <Notice kind="stopped" title="The key was not revoked">
          {describeFailure(revoke.error)}
        </Notice>
      )}
    </ConfirmDialog>
  );
}
