"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/button";
import { Dialog, DialogActions, DialogBody } from "@/components/dialog";
import { Notice } from "@/components/notice";
import { describeFailure } from "@/components/query-error";
import { useTRPC } from "@/trpc/client";
import type { KeyView } from "../contract";
import { KeyLimit, KeyName, KeyReach, useKeyForm } from "./key-fields";
import { formOf } from "./key-form";

/** Changes what a key is called and may be used for. The key itself stays, so no page and no server is touched. */
export function EditKeyDialog({ target, onClose }: { target: KeyView | null; onClose: () => void }) {
  // The words stay while the dialog fades out.
  const [shown, setShown] = useState(target);
  if (target && target !== shown) setShown(target);
  return (
    <Dialog
      open={target !== null}
      onOpenChange={(open) => !open && onClose()}
      firm
      title={`Edit “${shown?.name ?? ""}”`}
      description={
        shown && (
          <>
            The {shown.mode === "test" ? "test key" : "key"} ending in{" "}
            <span className="font-mono text-ink">{shown.lastFour}</span> stays as it is. What you change here counts
            from the next use on.
          </>
        )
      }
    >
      {shown && <EditForm key={shown.keyId} target={shown} onDone={onClose} />}
    </Dialog>
  );
}

function EditForm({ target, onDone }: { target: KeyView; onDone: () => void }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const start = formOf(target);
  const { element, check, ...part } = useKeyForm(start);
  const changed = JSON.stringify(part.form) !== JSON.stringify(start);
  const change = useMutation(
    trpc.keys.change.mutationOptions({
      onSuccess: async ({ key }) => {
        await queries.invalidateQueries(trpc.keys.list.queryFilter());
        onDone();
        toast.success(`“${key.name}” is changed`);
      },
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const input = change.isPending ? null : check();
    if (!input) return;
    const { name, origins = [], appPermissions = null, scopes = [], rateLimit = target.rateLimit } = input;
    change.mutate({ keyId: target.keyId, name, origins, appPermissions, scopes, rateLimit });
  };
  return (
    <form ref={element} onSubmit={submit} noValidate className="flex min-h-0 flex-1 flex-col">
      <DialogBody>
        {change.error && (
          <Notice kind="stopped" title="The key was not changed">
            {describeFailure(change.error)}
          </Notice>
        )}
        <KeyName {...part} />
        <KeyReach {...part} />
        <KeyLimit {...part} />
      </DialogBody>
      <DialogActions>
        <Button onClick={onDone}>Cancel</Button>
        <Button type="submit" look="main" busy={change.isPending} disabled={!changed}>
          Save changes
        </Button>
      </DialogActions>
    </form>
  );
}
