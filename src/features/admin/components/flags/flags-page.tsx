"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { formatCount } from "@/components/format";
import { AppIcon } from "@/components/icons/apps";
import { PageTitle } from "@/components/page-title";
import { QueryError, useSessionEnd } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { RowHead, Table, Td, Th, Tr } from "@/components/table";
import { RelativeTime } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import type { Flag } from "../../flags/contract";
import { FlagDialog } from "./flag-dialog";
import { flagName } from "./words";

/** To which brands each app is open. */
export function FlagsPage() {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.admin.flags.queryOptions());
  useSessionEnd(error);
  const [editing, setEditing] = useState<Flag | null>(null);
  return (
    <div className="grid gap-6">
      <PageTitle title="Flags">
        To which brands an app is open. A change acts from the next request on; a brand that has an app keeps it.
      </PageTitle>
      <Card>
        {error && !data && (
          <div className="p-4 md:p-5">
            <QueryError what="The flags" error={error} retry={refetch} />
          </div>
        )}
        {!data && !error && <Skeleton className="m-4 h-96" />}
        {data && (
          <Table label="Flags">
            <thead>
              <Tr>
                <Th>What</Th>
                <Th>Open to</Th>
                <Th className="max-md:hidden">Set</Th>
                <Th>
                  <span className="sr-only">Actions</span>
                </Th>
              </Tr>
            </thead>
            <tbody>
              {data.flags.map((flag) => (
                <Tr key={flag.name}>
                  <RowHead>
                    <span className="flex flex-wrap items-center gap-2">
                      {flag.app && (
                        <span className="max-md:hidden">
                          <AppIcon appId={flag.name.slice(4)} size={24} />
                        </span>
                      )}
                      <span className="font-medium wrap-anywhere">{flagName(flag)}</span>
                      {flag.app?.status === "beta" && <Badge tone="accent">Beta</Badge>}
                    </span>
                    {!flag.app && (
                      <span className="block text-12 text-ink-3">Every app in beta that has no flag of its own.</span>
                    )}
                  </RowHead>
                  <Td>
                    <OpenTo flag={flag} />
                  </Td>
                  <Td className="text-13 text-ink-2 max-md:hidden">
                    {flag.set ? (
                      <>
                        {flag.set.by}, <RelativeTime iso={flag.set.at} />
                        <span className="block text-12 wrap-anywhere text-ink-3">“{flag.set.reason}”</span>
                      </>
                    ) : (
                      <span className="text-ink-3">by default</span>
                    )}
                  </Td>
                  <Td className="text-right">
                    <Button look="quiet" size="small" onClick={() => setEditing(flag)}>
                      Change<span className="sr-only"> {flagName(flag)}</span>
                    </Button>
                  </Td>
                </Tr>
              ))}
            </tbody>
          </Table>
        )}
      </Card>
      {editing && <FlagDialog key={editing.name} flag={editing} onClose={() => setEditing(null)} />}
    </div>
  );
}

function OpenTo({ flag }: { flag: Flag }) {
  if (flag.state === "some") {
    return (
      <>
        <Badge tone="soon">
          {formatCount(flag.brands.length)} {flag.brands.length === 1 ? "brand" : "brands"}
        </Badge>
        <span className="mt-1 block text-12 wrap-anywhere text-ink-3">
          {flag.brands
            .slice(0, 4)
            .map(({ name }) => name)
            .join(", ")}
          {flag.brands.length > 4 && ` and ${formatCount(flag.brands.length - 4)} more`}
        </span>
      </>
    );
  }
  return flag.open ? <Badge tone="done">All brands</Badge> : <Badge tone="stopped">Nobody new</Badge>;
}
