"use client";

import { keepPreviousData, useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { useDeferredValue, useState } from "react";
import { toast } from "sonner";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { cx } from "@/components/cx";
import { EmptyState } from "@/components/empty-state";
import { SelectField } from "@/components/field";
import { EmptyLedgerDrawing, NothingFoundDrawing } from "@/components/icons/drawings";
import { describeFailure, QueryError } from "@/components/query-error";
import { SearchField } from "@/components/search-field";
import { ShowMore } from "@/components/show-more";
import { Skeleton } from "@/components/skeleton";
import { RowHead, Table, Td, Th, Tr } from "@/components/table";
import { ClockTime, RelativeTime } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import { EVENT_NAMES } from "../../webhook-catalogue/contract";
import { DELIVERY_STATUSES, type DeliveryView } from "../contract";
import { DeliveryDialog } from "./delivery-dialog";
import { DELIVERY_WORDS } from "./words";

const WISH = {
  q: parseAsString.withDefault(""),
  status: parseAsStringLiteral(DELIVERY_STATUSES),
  type: parseAsString,
};
/** What is on its way changes by itself; often enough to see an attempt come. */
const LOOK_AGAIN_MS = 3_000;

/** All that went to an endpoint, found by words, state and type; the filters stand in the address. */
export function DeliveriesCard({
  endpointId,
  canWrite,
  failed,
}: {
  endpointId: string;
  canWrite: boolean;
  failed: number;
}) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [wish, setWish] = useQueryStates(WISH, { history: "replace" });
  const [shown, setShown] = useState<string | null>(null);
  const search = useDeferredValue(wish.q.trim());
  const asked = { endpointId, status: wish.status, type: wish.type, search };
  const {
    data,
    error,
    refetch,
    hasNextPage,
    fetchNextPage,
    isFetchingNextPage,
    isFetchNextPageError,
    isPlaceholderData,
  } = useInfiniteQuery({
    ...trpc.webhooks.deliveries.infiniteQueryOptions(asked, {
      getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
      initialCursor: null,
    }),
    refetchInterval: LOOK_AGAIN_MS,
    // What stands there stays until what is searched for has come: a letter typed is no new page.
    placeholderData: keepPreviousData,
  });
  const again = useMutation(
    trpc.webhooks.replayFailed.mutationOptions({
      onSuccess: async ({ replayed }) => {
        await queries.invalidateQueries(trpc.webhooks.pathFilter());
        toast.success(`${replayed} ${replayed === 1 ? "event is" : "events are"} on the way again`);
      },
      onError: (cause) => toast.error(describeFailure(cause)),
    }),
  );
  const deliveries = data?.pages.flatMap((page) => page.deliveries);
  const filtered = wish.q !== "" || wish.status !== null || wish.type !== null;
  return (
    <Card
      title="Deliveries"
      aside={
        canWrite &&
        failed > 0 && (
          <Button size="small" busy={again.isPending} onClick={() => again.mutate({ id: endpointId })}>
            Send all given up again
          </Button>
        )
      }
    >
      <div className="grid gap-3 px-4 pb-4 md:grid-cols-[minmax(0,1fr)_10rem_14rem] md:items-end md:px-5">
        <SearchField
          label="Search deliveries"
          placeholder="Message id, or words of the body"
          value={wish.q}
          maxLength={100}
          onChange={(event) => setWish({ q: event.target.value })}
        />
        <SelectField
          label="State"
          value={wish.status ?? ""}
          onChange={(event) => setWish({ status: WISH.status.parse(event.target.value) })}
        >
          <option value="">All</option>
          {DELIVERY_STATUSES.map((status) => (
            <option key={status} value={status}>
              {DELIVERY_WORDS[status].name}
            </option>
          ))}
        </SelectField>
        <SelectField
          label="Event"
          value={wish.type ?? ""}
          onChange={(event) => setWish({ type: event.target.value || null })}
        >
          <option value="">All</option>
          {EVENT_NAMES.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </SelectField>
      </div>
      {error && !deliveries && (
        <div className="px-4 pb-4 md:px-5 md:pb-5">
          <QueryError what="The deliveries" error={error} retry={refetch} />
        </div>
      )}
      {!deliveries && !error && (
        <div className="grid gap-4 border-t border-line p-5" aria-busy="true">
          <Skeleton className="h-5 w-64 max-w-full" />
          <Skeleton className="h-5 w-52 max-w-full" />
        </div>
      )}
      {deliveries?.length === 0 &&
        (filtered ? (
          <EmptyState
            drawing={<NothingFoundDrawing />}
            title="No delivery fits"
            action={<Button onClick={() => setWish({ q: null, status: null, type: null })}>Clear the filters</Button>}
          >
            <p>Deliveries are kept for 30 days.</p>
          </EmptyState>
        ) : (
          <EmptyState drawing={<EmptyLedgerDrawing />} title="Nothing sent yet">
            <p>What goes to this endpoint will stand here, with what came back.</p>
          </EmptyState>
        ))}
      {deliveries && deliveries.length > 0 && (
        <div className={cx("transition-opacity", isPlaceholderData && "opacity-60")}>
          <Table label="Deliveries">
            <thead>
              <tr className="[&>th]:border-t">
                <Th>Event</Th>
                <Th className="max-lg:hidden">Last answer</Th>
                <Th className="text-right max-md:hidden">Attempts</Th>
                <Th className="max-md:hidden">When</Th>
                <Th className="text-right">State</Th>
              </tr>
            </thead>
            <tbody>
              {deliveries.map((delivery) => (
                <DeliveryRow key={delivery.id} delivery={delivery} onOpen={() => setShown(delivery.id)} />
              ))}
            </tbody>
          </Table>
        </div>
      )}
      {hasNextPage && (
        <div className="border-t border-line p-4 text-center">
          <ShowMore busy={isFetchingNextPage} failed={isFetchNextPageError} onPress={() => fetchNextPage()}>
            Show older
          </ShowMore>
        </div>
      )}
      <DeliveryDialog id={shown} canWrite={canWrite} onClose={() => setShown(null)} />
    </Card>
  );
}

function DeliveryRow({ delivery, onOpen }: { delivery: DeliveryView; onOpen: () => void }) {
  const words = DELIVERY_WORDS[delivery.status];
  const answer = delivery.lastError ?? (delivery.lastStatus === null ? "" : `It answered ${delivery.lastStatus}.`);
  return (
    <Tr>
      <RowHead>
        <span className="grid justify-items-start gap-0.5">
          <button
            type="button"
            onClick={onOpen}
            className="text-left font-mono text-13 break-all underline-offset-2 hover:underline"
          >
            {delivery.type}
          </button>
          <span className="text-12 wrap-anywhere text-ink-2 lg:hidden">{answer}</span>
          <span className="text-12 text-ink-2 md:hidden">
            <ClockTime iso={delivery.createdAt} />
          </span>
        </span>
      </RowHead>
      <Td className="max-w-80 text-13 wrap-anywhere text-ink-2 max-lg:hidden">{answer}</Td>
      <Td className="figures text-right text-13 text-ink-2 max-md:hidden">{delivery.attempts}</Td>
      <Td className="figures text-13 whitespace-nowrap text-ink-2 max-md:hidden">
        <RelativeTime iso={delivery.createdAt} />
      </Td>
      <Td className="text-right">
        <Badge tone={words.tone}>{words.name}</Badge>
      </Td>
    </Tr>
  );
}
