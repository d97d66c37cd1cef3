"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useRef, useState } from "react";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { EmptyState } from "@/components/empty-state";
import { formatCount } from "@/components/format";
import { NothingHereDrawing } from "@/components/icons/drawings";
import { PlusIcon } from "@/components/icons/interface";
import { PageTitle } from "@/components/page-title";
import { QueryError, useSessionEnd } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { RowHead, Table, Td, Th, Tr } from "@/components/table";
import { useTRPC } from "@/trpc/client";
import type { EndpointView } from "../contract";
import { EndpointDialog } from "./endpoint-dialog";
import { choiceOf, standingOf } from "./words";

/** The page of webhooks: where the brand is told of events. `canWrite` shows what only an admin may press. */
export function EndpointsPanel({ canWrite }: { canWrite: boolean }) {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.webhooks.list.queryOptions());
  useSessionEnd(error);
  const [adding, setAdding] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const endpoints = data?.endpoints;
  const add = (
    <Button ref={button} look="main" icon={<PlusIcon size={18} />} onClick={() => setAdding(true)}>
      Add endpoint
    </Button>
  );
  return (
    <div className="grid gap-6">
      <PageTitle title="Webhooks" action={canWrite && endpoints && endpoints.length > 0 && add}>
        Your servers hear of it when something happens here.{" "}
        <Link href="/docs/webhooks" className="text-accent-ink underline underline-offset-2">
          How to receive them
        </Link>
      </PageTitle>
      <Card>
        {error && !endpoints && (
          <div className="p-4 md:p-5">
            <QueryError what="Your endpoints" error={error} retry={refetch} />
          </div>
        )}
        {!endpoints && !error && (
          <div className="grid gap-4 p-5" aria-busy="true">
            <Skeleton className="h-5 w-72 max-w-full" />
            <Skeleton className="h-5 w-56 max-w-full" />
          </div>
        )}
        {endpoints?.length === 0 && (
          <EmptyState drawing={<NothingHereDrawing />} title="No endpoint yet" action={canWrite && add}>
            <p>Your endpoints will stand here, with what reached them and what did not.</p>
            {!canWrite && <p>An admin of your brand can add one.</p>}
          </EmptyState>
        )}
        {endpoints && endpoints.length > 0 && (
          <Table label="Endpoints">
            <thead>
              <tr>
                <Th>Endpoint</Th>
                <Th className="max-md:hidden">Events</Th>
                <Th className="text-right max-lg:hidden">Delivered</Th>
                <Th className="text-right max-lg:hidden">Given up</Th>
                <Th className="text-right">State</Th>
              </tr>
            </thead>
            <tbody>
              {endpoints.map((endpoint) => (
                <EndpointRow key={endpoint.id} endpoint={endpoint} />
              ))}
            </tbody>
          </Table>
        )}
      </Card>
      {endpoints && endpoints.length > 0 && <p className="text-12 text-ink-3">Figures are of the last seven days.</p>}
      {canWrite && <EndpointDialog open={adding} onOpenChange={setAdding} finalFocus={button} />}
    </div>
  );
}

function EndpointRow({ endpoint }: { endpoint: EndpointView }) {
  const standing = standingOf(endpoint);
  return (
    <Tr>
      <RowHead className="max-w-96">
        <span className="grid min-w-0 gap-0.5">
          <Link
            href={`/settings/webhooks/${endpoint.id}`}
            className="font-medium wrap-anywhere underline-offset-2 hover:underline"
          >
            {endpoint.url}
          </Link>
          {endpoint.description && <span className="text-13 wrap-anywhere text-ink-2">{endpoint.description}</span>}
          <span className="text-12 text-ink-2 md:hidden">{choiceOf(endpoint)}</span>
          <span className="figures text-12 text-ink-2 lg:hidden">
            {formatCount(endpoint.delivered)} delivered, {formatCount(endpoint.failed)} given up
          </span>
        </span>
      </RowHead>
      <Td className="text-13 text-ink-2 max-md:hidden" title={endpoint.events?.join("\n")}>
        {choiceOf(endpoint)}
      </Td>
      <Td className="figures text-right text-ink-2 max-lg:hidden">{formatCount(endpoint.delivered)}</Td>
      <Td className="figures text-right text-ink-2 max-lg:hidden">{formatCount(endpoint.failed)}</Td>
      <Td className="text-right">
        <Badge tone={standing.tone}>{standing.name}</Badge>
      </Td>
    </Tr>
  );
}
