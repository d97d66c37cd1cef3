"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { toast } from "sonner";
import { ConfirmDialog } from "@/components/dialog";
import { Notice } from "@/components/notice";
import { describeFailure } from "@/components/query-error";
import { useTRPC } from "@/trpc/client";
import type { Member } from "../contract";

/** Asks before somebody leaves the team, by their name. */
export function RemoveDialog({
  target,
  you,
  onClose,
}: {
  target: Member | null;
  you: string | undefined;
  onClose: () => void;
}) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const router = useRouter();
  // The words stay while the dialog fades out.
  const [shown, setShown] = useState(target);
  if (target && target !== shown) setShown(target);
  const isYou = shown?.userId === you;
  const remove = useMutation(
    trpc.team.remove.mutationOptions({
      onSuccess: async () => {
        onClose();
        if (isYou) return router.refresh();
        await queries.invalidateQueries(trpc.team.list.queryFilter());
        toast.success(`${shown?.name} does not belong to the team any more`);
      },
    }),
  );
  return (
    <ConfirmDialog
      open={target !== null}
      onOpenChange={(open) => {
        if (open || remove.isPending) return;
        remove.reset();
        onClose();
      }}
      title={isYou ? "Leave this brand?" : `Remove ${shown?.name ?? ""}?`}
      confirm={isYou ? "Leave" : "Remove"}
      keep={isYou ? "Stay" : "Keep them"}
      busy={remove.isPending}
      onConfirm={() => target && remove.mutate({ userId: target.userId })}
    >
      <p>
        {isYou ? "You are" : "They are"} signed out of this brand at once. Keys and settings stay as they are, and so
        does the account.
      </p>
      {remove.error && (
        <Notice kind="stopped" title={isYou ? "You are still in the team" : "Nobody was removed"}>
          {describeFailure(remove.error)}
        </Notice>
      )}
    </ConfirmDialog>
  );
}
