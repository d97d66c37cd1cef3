"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type RefObject, useId, useRef, useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/button";
import { Dialog, DialogActions, DialogBody } from "@/components/dialog";
import { TextField } from "@/components/field";
import { Notice } from "@/components/notice";
import { describeFailure } from "@/components/query-error";
import { useTRPC } from "@/trpc/client";
import { inviteInput } from "../contract";
import type { Role } from "../rules";
import { RoleChoice } from "./role-choice";

/** Asks somebody to join, by mail. */
export function InviteDialog({
  open,
  onOpenChange,
  finalFocus,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  finalFocus: RefObject<HTMLElement | null>;
}) {
  const field = useRef<HTMLInputElement>(null);
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      firm
      initialFocus={field}
      finalFocus={finalFocus}
      title="Invite somebody"
      description="They get a link by mail that works for a week, and for that address alone."
    >
      <InviteForm field={field} onDone={() => onOpenChange(false)} />
    </Dialog>
  );
}

function InviteForm({ field, onDone }: { field: RefObject<HTMLInputElement | null>; onDone: () => void }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const group = useId();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [wrong, setWrong] = useState<string>();
  const invite = useMutation(
    trpc.team.invite.mutationOptions({
      onSuccess: async () => {
        await queries.invalidateQueries(trpc.team.list.queryFilter());
        onDone();
        toast.success(`An invitation is on its way to ${email.trim()}`);
      },
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (invite.isPending) return;
    const read = inviteInput.safeParse({ email, role });
    if (read.success) return invite.mutate(read.data);
    setWrong("Type an address such as ada@brand.example.");
    field.current?.focus();
  };
  return (
    <form onSubmit={submit} noValidate className="flex min-h-0 flex-1 flex-col">
      <DialogBody>
        {invite.error && (
          <Notice kind="stopped" title="Nobody was invited">
            {describeFailure(invite.error)}
          </Notice>
        )}
        <TextField
          ref={field}
          label="Their email"
          type="email"
          inputMode="email"
          autoComplete="off"
          spellCheck={false}
          maxLength={254}
          value={email}
          error={wrong}
          onChange={(event) => {
            setEmail(event.target.value);
            setWrong(undefined);
          }}
        />
        <RoleChoice name={`${group}-role`} value={role} onChange={setRole} />
      </DialogBody>
      <DialogActions>
        <Button onClick={onDone}>Cancel</Button>
        <Button type="submit" look="main" busy={invite.isPending}>
          Send invitation
        </Button>
      </DialogActions>
    </form>
  );
}
