"use client";

import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useRef, useState } from "react";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { EmptyState } from "@/components/empty-state";
import { formatCount } from "@/components/format";
import { NoKeysDrawing, NothingFoundDrawing } from "@/components/icons/drawings";
import { PlusIcon, SearchIcon } from "@/components/icons/interface";
import { PageTitle } from "@/components/page-title";
import { QueryError, useSessionEnd } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { useTRPC } from "@/trpc/client";
import type { KeyView } from "../contract";
import { CreateKeyDialog } from "./create-key-dialog";
import { EditKeyDialog } from "./edit-key-dialog";
import { KeysTable } from "./keys-table";
import { RevokeKeyDialog } from "./revoke-key-dialog";
import { RotateKeyDialog } from "./rotate-key-dialog";
import { matches } from "./words";

const SKELETON_ROWS = ["a", "b", "c", "d"];

/** The page of API keys: find one, make one, change one, replace one, end one. `canWrite` shows what only an admin may press. */
export function KeysPanel({ canWrite }: { canWrite: boolean }) {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.keys.list.queryOptions());
  useSessionEnd(error);
  const [search, setSearch] = useState("");
  const [creating, setCreating] = useState(false);
  const [editing, setEditing] = useState<KeyView | null>(null);
  const [rotating, setRotating] = useState<KeyView | null>(null);
  const [revoking, setRevoking] = useState<KeyView | null>(null);
  const words = useDeferredValue(search.trim());
  const createButton = useRef<HTMLButtonElement>(null);

  const keys = data?.keys;
  const found = keys?.filter((key) => matches(key, words));
  const isEmpty = keys?.length === 0;
  const create = (
    <Button ref={createButton} look="main" icon={<PlusIcon size={18} />} onClick={() => setCreating(true)}>
      Create key
    </Button>
  );

  return (
    <div className="grid gap-6">
      <PageTitle title="API keys" action={canWrite && !isEmpty && create}>
        A public key opens apps from your shop&rsquo;s pages; a secret key works from your servers.
      </PageTitle>
      <Card>
        {!isEmpty && (
          <div className="flex min-h-16 items-center justify-between gap-4 px-4 md:px-5">
            <div className="relative w-full max-w-80">
              <SearchIcon size={18} className="pointer-events-none absolute inset-y-0 left-3 my-auto text-ink-3" />
              <input
                type="search"
                aria-label="Search keys"
                placeholder="Search keys"
                value={search}
                onChange={(event) => setSearch(event.target.value)}
                className="h-10 w-full rounded-control border border-line-control bg-surface pr-3 pl-9.5 text-14 md:h-9"
              />
            </div>
            {keys && found && (
              <p className="figures shrink-0 text-12 text-ink-3" aria-live="polite">
                {words
                  ? `${formatCount(found.length)} of ${formatCount(keys.length)}`
                  : `${formatCount(keys.length)} ${keys.length === 1 ? "key" : "keys"}`}
              </p>
            )}
          </div>
        )}
        {error && !keys && (
          <div className="px-4 pb-4 md:px-5 md:pb-5">
            <QueryError what="Your keys" error={error} retry={refetch} />
          </div>
        )}
        {!keys && !error && <LoadingRows />}
        {isEmpty && (
          <EmptyState drawing={<NoKeysDrawing />} title="No key yet" action={canWrite && create}>
            <p>Your keys will stand here, with where each may be used and when it last was.</p>
            {!canWrite && <p>An admin of your brand can make one.</p>}
          </EmptyState>
        )}
        {found && found.length > 0 && (
          <KeysTable
            keys={found}
            actions={canWrite ? { edit: setEditing, rotate: setRotating, revoke: setRevoking } : undefined}
          />
        )}
        {found?.length === 0 && !isEmpty && (
          <EmptyState
            drawing={<NothingFoundDrawing />}
            title={`No key matches “${words.slice(0, 60)}”`}
            action={<Button onClick={() => setSearch("")}>Clear the search</Button>}
          >
            <p>Search by name, id, origin, app or kind.</p>
          </EmptyState>
        )}
      </Card>
      {canWrite && <CreateKeyDialog open={creating} onOpenChange={setCreating} finalFocus={createButton} />}
      {canWrite && <EditKeyDialog target={editing} onClose={() => setEditing(null)} />}
      {canWrite && <RotateKeyDialog target={rotating} onClose={() => setRotating(null)} />}
      {canWrite && <RevokeKeyDialog target={revoking} onClose={() => setRevoking(null)} />}
    </div>
  );
}

/** As tall as real rows. */
function LoadingRows() {
  return (
    <div>
      {SKELETON_ROWS.map((row) => (
        <div key={row} className="flex h-16 items-center gap-6 border-t border-line px-4 md:px-5">
          <Skeleton className="h-4 w-40" />
          <Skeleton className="h-4 w-24" />
          <Skeleton className="ml-auto h-4 w-16" />
        </div>
      ))}
    </div>
  );
}
