"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { Dialog, DialogActions, DialogBody } from "@/components/dialog";
import { SelectField } from "@/components/field";
import { formatExact } from "@/components/format";
import { Notice } from "@/components/notice";
import { describeFailure } from "@/components/query-error";
import { useTimeZone } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import type { KeyView, MadeKey } from "../contract";
import { GRACES, type Grace } from "../rules";
import { endOf, LIFETIMES, lifetimeLike } from "./key-form";
import { KeyReveal } from "./key-reveal";
import { GRACE_WORDS } from "./words";

type Rotated = MadeKey & { replaced: KeyView };

/** Replaces a key: asks how long the old one may go on, and then shows the new one. */
export function RotateKeyDialog({ target, onClose }: { target: KeyView | null; onClose: () => void }) {
  // The words stay while the dialog fades out.
  const [shown, setShown] = useState(target);
  const [made, setMade] = useState<Rotated | null>(null);
  if (target && target !== shown) setShown(target);
  const zone = useTimeZone();
  const close = () => {
    onClose();
    setMade(null);
  };
  return (
    <Dialog
      open={target !== null}
      onOpenChange={(open) => !open && close()}
      firm
      title={made ? `Key “${made.key.name}” is replaced` : `Rotate “${shown?.name ?? ""}”`}
    >
      {made ? (
        <KeyReveal made={made} onDone={close}>
          <p className="text-14 text-ink-2">
            The old key, ending in <span className="font-mono text-ink">{made.replaced.lastFour}</span>, works until{" "}
            {formatExact(made.replaced.expiresAt ?? made.key.createdAt, zone)}. You can revoke it sooner.
          </p>
        </KeyReveal>
      ) : (
        shown && <RotateForm key={shown.keyId} old={shown} onMade={setMade} onCancel={close} />
      )}
    </Dialog>
  );
}

function RotateForm({
  old,
  onMade,
  onCancel,
}: {
  old: KeyView;
  onMade: (made: Rotated) => void;
  onCancel: () => void;
}) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [grace, setGrace] = useState<Grace>("24h");
  const [lifetime, setLifetime] = useState(() => lifetimeLike(old));
  const rotate = useMutation(
    trpc.keys.rotate.mutationOptions({
      onSuccess: (made) => {
        onMade(made);
        return queries.invalidateQueries(trpc.keys.list.queryFilter());
      },
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (rotate.isPending) return;
    rotate.mutate({ keyId: old.keyId, grace, expiresAt: endOf(lifetime, Date.now()) });
  };
  return (
    <form onSubmit={submit} className="flex min-h-0 flex-1 flex-col">
      <DialogBody>
        {rotate.error && (
          <Notice kind="stopped" title="The key was not replaced">
            {describeFailure(rotate.error)}
          </Notice>
        )}
        <p className="max-w-prose text-14 text-ink-2">
          You get a new {old.mode === "test" ? "test " : ""}key with the same name and settings. The one ending in{" "}
          <span className="font-mono text-ink">{old.lastFour}</span> works on while you change over, and then expires by
          itself. If it leaked, revoke it instead.
        </p>
        <div className="grid gap-5 md:grid-cols-2 md:gap-3">
          <SelectField
            label="Old key works for"
            hint={old.expiresAt ? "Or to the end it has, if that is sooner." : undefined}
            value={grace}
            onChange={(event) => setGrace(GRACES.find((each) => each === event.target.value) ?? grace)}
          >
            {GRACES.map((each) => (
              <option key={each} value={each}>
                {GRACE_WORDS[each]}
              </option>
            ))}
          </SelectField>
          <SelectField label="New key expires" value={lifetime} onChange={(event) => setLifetime(event.target.value)}>
            {LIFETIMES.map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </SelectField>
        </div>
      </DialogBody>
      <DialogActions>
        <Button onClick={onCancel}>Cancel</Button>
        <Button type="submit" look="main" busy={rotate.isPending}>
          Rotate key
        </Button>
      </DialogActions>
    </form>
  );
}
