"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { EmptyState } from "@/components/empty-state";
import { NothingHereDrawing } from "@/components/icons/drawings";
import { PageTitle } from "@/components/page-title";
import { describeFailure, QueryError, useSessionEnd } from "@/components/query-error";
import { RowHead, Table, Td, Th, Tr } from "@/components/table";
import { ClockTime } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import type { Failure } from "../contract";
import { LoadingRows } from "./inbox";
import { Places } from "./places";

const WAYS: Record<Failure["source"], string> = { email: "Mail", chat: "Chat room", job: "Our own work" };

/** What did not reach whom it was meant for: why, whether it is still tried, and how to try it again. */
export function Failures() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { data, error, refetch } = useQuery(
    trpc.notifications.failures.queryOptions(undefined, { refetchInterval: 15_000, retry: false }),
  );
  useSessionEnd(error);
  const retry = useMutation(
    trpc.notifications.retry.mutationOptions({
      onSuccess: () => toast.success("It is tried again now"),
      onError: (failure) => toast.error(describeFailure(failure)),
      onSettled: () => queries.invalidateQueries(trpc.notifications.failures.queryFilter()),
    }),
  );
  const failures = data?.failures;
  return (
    <div className="grid gap-6">
      <PageTitle title="Not delivered">
        Everything is tried for hours with growing pauses before it is given up. Nothing here is lost in the app: who
        was to be told finds it in their inbox.
      </PageTitle>
      <Places seesFailures />
      <Card title="Mails and messages">
        {error && !failures && (
          <div className="p-4 md:p-5">
            <QueryError what="What was not delivered" error={error} retry={refetch} />
          </div>
        )}
        {!failures && !error && <LoadingRows />}
        {failures?.length === 0 && (
          <EmptyState drawing={<NothingHereDrawing />} title="All of it arrived">
            <p>Mails and chat messages that could not be delivered would stand here, with the reason.</p>
          </EmptyState>
        )}
        {failures && failures.length > 0 && (
          <Table label="Not delivered">
            <thead>
              <tr>
                <Th>What</Th>
                <Th className="max-md:hidden">To</Th>
                <Th className="max-lg:hidden">Why</Th>
                <Th className="max-md:hidden">When</Th>
                <Th>
                  <span className="sr-only">Actions</span>
                </Th>
              </tr>
            </thead>
            <tbody>
              {failures.map((failure) => (
                <Tr key={failure.id}>
                  <RowHead>
                    <span className="font-medium wrap-anywhere">{failure.what}</span>
                    <span className="mt-1 flex flex-wrap items-center gap-1.5">
                      <Badge>{WAYS[failure.source]}</Badge>
                      {failure.status === "failed" ? (
                        <Badge tone="stopped">Given up</Badge>
                      ) : (
                        <Badge tone="soon">Tried again by itself</Badge>
                      )}
                      {failure.attempts !== null && (
                        <span className="figures text-12 text-ink-3">
                          {failure.attempts} {failure.attempts === 1 ? "attempt" : "attempts"}
                        </span>
                      )}
                    </span>
                    <span className="mt-1 block text-12 wrap-anywhere text-ink-2 md:hidden">{failure.to}</span>
                    <span className="mt-1 block text-12 wrap-anywhere text-ink-2 lg:hidden">{failure.error}</span>
                  </RowHead>
                  <Td className="max-w-56 text-13 wrap-anywhere text-ink-2 max-md:hidden">{failure.to ?? "–"}</Td>
                  <Td className="max-w-80 text-13 wrap-anywhere text-ink-2 max-lg:hidden">
                    {failure.error ?? "Our servers could not do it in time."}
                  </Td>
                  <Td className="figures text-13 whitespace-nowrap text-ink-2 max-md:hidden">
                    <ClockTime iso={failure.at} />
                  </Td>
                  <Td className="text-right">
                    {failure.status === "failed" && (
                      <Button
                        look="quiet"
                        size="small"
                        aria-label={`Try again: ${failure.what}`}
                        busy={retry.isPending && retry.variables.id === failure.id}
                        onClick={() => retry.mutate({ source: failure.source, id: failure.id })}
                      >
                        Try again
                      </Button>
                    )}
                  </Td>
                </Tr>
              ))}
            </tbody>
          </Table>
        )}
      </Card>
    </div>
  );
}
