"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useId, useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/button";
import { Dialog, DialogActions, DialogBody } from "@/components/dialog";
import { Notice } from "@/components/notice";
import { describeFailure } from "@/components/query-error";
import { useTRPC } from "@/trpc/client";
import type { Member } from "../contract";
import { ROLE_WORDS, type Role } from "../rules";
import { RoleChoice } from "./role-choice";

/** Gives somebody another role. */
export function ChangeRoleDialog({
  target,
  you,
  onClose,
}: {
  target: Member | null;
  you: string | undefined;
  onClose: () => void;
}) {
  const [shown, setShown] = useState(target);
  if (target && target !== shown) setShown(target);
  return (
    <Dialog open={target !== null} onOpenChange={(open) => !open && onClose()} title={`Role of ${shown?.name ?? ""}`}>
      {shown && <RoleForm key={shown.userId} member={shown} isYou={shown.userId === you} onClose={onClose} />}
    </Dialog>
  );
}

function RoleForm({ member, isYou, onClose }: { member: Member; isYou: boolean; onClose: () => void }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const router = useRouter();
  const group = useId();
  const [role, setRole] = useState<Role>(member.role);
  const change = useMutation(
    trpc.team.changeRole.mutationOptions({
      onSuccess: async () => {
        await queries.invalidateQueries(trpc.team.list.queryFilter());
        onClose();
        toast.success(`${member.name} is ${ROLE_WORDS[role].name.toLowerCase()} now`);
        // One's own session in the brand is over.
        if (isYou) router.refresh();
      },
    }),
  );
  return (
    <form
      className="flex min-h-0 flex-1 flex-col"
      onSubmit={(event) => {
        event.preventDefault();
        if (!change.isPending) change.mutate({ userId: member.userId, role });
      }}
    >
      <DialogBody>
        {change.error && (
          <Notice kind="stopped" title="The role was not changed">
            {describeFailure(change.error)}
          </Notice>
        )}
        <RoleChoice name={`${group}-role`} value={role} onChange={setRole} />
        <p className="text-13 text-ink-2" aria-live="polite">
          {role === member.role
            ? "The role as it is now."
            : isYou
              ? "This is your own role: you cannot take it back by yourself, and you sign in again to go on."
              : `${member.name} is told by mail, and signs in again to go on.`}
        </p>
      </DialogBody>
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="main" busy={change.isPending}>
          Change role
        </Button>
      </DialogActions>
    </form>
  );
}
