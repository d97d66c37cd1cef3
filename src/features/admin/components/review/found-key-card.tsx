"use client";

import { useMutation } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { Badge } from "@/components/badge";
import { Button, buttonClass } from "@/components/button";
import { Card } from "@/components/card";
import { Id } from "@/components/copy";
import { TextField } from "@/components/field";
import { Notice } from "@/components/notice";
import { describeFailure } from "@/components/query-error";
import { ClockTime } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import type { FoundKey } from "../../review/contract";
import { RevokeDialog } from "../revoke-dialog";

/** Whose key it is that somebody has found in public, and an end to it. */
export function FoundKeyCard() {
  const trpc = useTRPC();
  const [text, setText] = useState("");
  const [revoking, setRevoking] = useState(false);
  const [revoked, setRevoked] = useState<string | null>(null);
  const find = useMutation(trpc.admin.findKey.mutationOptions());
  const found = find.data?.state === "found" ? find.data.key : null;
  return (
    <Card title="Somebody has found a key">
      <div className="grid gap-4 px-4 pb-5 md:px-5">
        <form
          className="flex flex-wrap items-start gap-3"
          onSubmit={(event) => {
            event.preventDefault();
            if (text.trim() !== "") find.mutate({ text });
          }}
        >
          <div className="min-w-0 flex-1 basis-72">
            <TextField
              label="Key, key id, or a line that holds one"
              placeholder="ca_sk_live_… or ak_live_…"
              hint="It is looked up and not kept: neither here nor in a log."
              autoComplete="off"
              spellCheck={false}
              maxLength={2_000}
              className="font-mono"
              value={text}
              onChange={({ target }) => {
                setText(target.value);
                find.reset();
              }}
            />
          </div>
          <Button type="submit" className="md:mt-6.5" busy={find.isPending}>
            Whose is it?
          </Button>
        </form>
        {/* Read out as it comes: nothing in it ticks. */}
        <div aria-live="polite" className="grid gap-4 empty:sr-only">
          {find.error && (
            <Notice kind="stopped" title="It was not looked up">
              {describeFailure(find.error)}
            </Notice>
          )}
          {find.data?.state === "none" && (
            <Notice kind="info" title="No key of ours is in this">
              Ours begin with ca_pk_ or ca_sk_, a key&rsquo;s id with ak_. A key that was cut off or mistyped is none.
            </Notice>
          )}
          {find.data?.state === "unknown" && (
            <Notice kind="info" title="It has our form, and opens nothing here">
              No brand has such a key. It may be of another deployment, of a brand that is erased, or made up.
            </Notice>
          )}
          {found && <Found found={found} revoked={revoked === found.keyId} onRevoke={() => setRevoking(true)} />}
        </div>
      </div>
      <RevokeDialog
        customerId={found?.customerId ?? ""}
        target={revoking ? found : null}
        opensFirst
        onRevoked={(keyId) => setRevoked(keyId)}
        onClose={() => setRevoking(false)}
      />
    </Card>
  );
}

function Found({ found, revoked, onRevoke }: { found: FoundKey; revoked: boolean; onRevoke: () => void }) {
  const over = revoked || found.revokedAt !== null;
  return (
    <div className="flex flex-wrap items-start gap-x-6 gap-y-3 border-t border-line pt-4">
      <div className="grid min-w-0 flex-1 basis-80 gap-1">
        <p className="flex flex-wrap items-center gap-2">
          <Badge tone={over ? "neutral" : found.kind === "sk" ? "stopped" : "soon"}>
            {over ? "Revoked" : found.kind === "sk" ? "Secret key" : "Public key"}
          </Badge>
          <span className="text-14 font-medium wrap-anywhere">
            {found.name} of {found.brand}
          </span>
          <Id id={found.keyId} what="key id" />
        </p>
        <p className="max-w-prose text-13 text-ink-2">
          {over
            ? "It is refused everywhere; nothing more is to be done."
            : found.kind === "sk"
              ? "Whoever has it can spend this brand’s tokens. Revoke it."
              : "It stands in the brand’s own pages, where anyone may read it, and works from its own addresses only. Revoke it where it is misused."}
        </p>
        <p className="text-12 text-ink-3">
          {found.mode === "live" ? "Live" : "Test"}, {found.lastUsedAt ? "last used " : "never used"}
          {found.lastUsedAt && <ClockTime iso={found.lastUsedAt} />}
          {found.revokedAt && (
            <>
              , revoked <ClockTime iso={found.revokedAt} />
            </>
          )}
        </p>
      </div>
      <div className="flex flex-wrap gap-1">
        <Link href={`/admin/customers/${found.customerId}`} className={buttonClass("plain", "small")}>
          Open brand
        </Link>
        {!over && (
          <Button size="small" onClick={onRevoke}>
            Revoke key
          </Button>
        )}
      </div>
    </div>
  );
}
