"use client";

import { useQuery } from "@tanstack/react-query";
import { Badge } from "@/components/badge";
import { Card } from "@/components/card";
import { formatCount } from "@/components/format";
import { PageTitle } from "@/components/page-title";
import { QueryError, useSessionEnd } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { RowHead, Table, Td, Th, Tr } from "@/components/table";
import { ClockTime, RelativeTime } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import type { SystemState } from "../system/contract";
import { LettersCard } from "./letters-card";
import { Stat, Stats } from "./stat";
import { JobsCard } from "./system/jobs-card";
import { MoneyCard } from "./system/money-card";
import { RequestsCard } from "./system/requests-card";
import { spanOf } from "./words";

/** How the machinery stands, asked again every five seconds. */
export function SystemPage() {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.admin.system.queryOptions(undefined, { refetchInterval: 5_000 }));
  useSessionEnd(error);
  return (
    <div className="grid gap-6">
      <PageTitle title="System">
        How quick answers are, what waits, what could not be written, and whether the books agree.{" "}
        {data && (
          <span className="text-ink-3">
            As of <ClockTime iso={data.asOf} />
          </span>
        )}
      </PageTitle>
      {error && !data && <QueryError what="The state of the system" error={error} retry={refetch} />}
      {!data && !error && <Skeleton className="h-80 w-full" />}
      {data && <Shown data={data} />}
    </div>
  );
}

function Shown({ data }: { data: SystemState }) {
  const { backlog, lettersOpen, intents, losses, mails, stripeEvents } = data;
  return (
    <>
      <Stats>
        <Stat
          name="Waiting uses"
          about="Events in the outboxes that the drain has not written yet, and the age of the oldest."
          note={
            backlog === null
              ? "Redis cannot be reached"
              : backlog.events === 0
                ? "everything is written"
                : `oldest ${spanOf(backlog.lagSeconds)}, in ${formatCount(backlog.partitions)} partitions`
          }
        >
          {backlog === null ? "unknown" : formatCount(backlog.events)}
        </Stat>
        <Stat
          name="Last drain"
          about="When any outbox was last brought into the ledger. Nothing is drained where nothing is used."
        >
          {data.lastDrained ? <RelativeTime iso={data.lastDrained} /> : "never"}
        </Stat>
        <Stat
          name="Dead letters"
          about="Events that could not be written and wait for somebody's decision. The rest goes on without them."
          note={`${formatCount(lettersOpen.poison)} unreadable, ${formatCount(lettersOpen.fork)} of a lost memory`}
        >
          {formatCount(lettersOpen.poison + lettersOpen.fork)}
        </Stat>
        <Stat
          name="Grants on their way"
          about="Tokens that are owed and have not reached the ledger yet."
          note={intents.open > 0 ? `oldest ${spanOf(intents.lagSeconds)}` : "none is late"}
        >
          {formatCount(intents.open)}
        </Stat>
        <Stat
          name="Lost for certain"
          about="Tokens of acknowledged uses that a lost memory took, of all time, and reports that do not know how many."
          note={`${formatCount(losses.unknown)} reports without a figure`}
        >
          {formatCount(losses.tokens)}
        </Stat>
        <Stat
          name="Closed accounts"
          about="Accounts that are opened anew from the ledger with their next use."
          note="opened at the next use"
        >
          {formatCount(data.accountsClosed)}
        </Stat>
        <Stat
          name="Mails"
          about="Mails that wait to go out, and those given up."
          note={`${formatCount(mails.failed)} given up`}
        >
          {formatCount(mails.queued)} waiting
        </Stat>
        <Stat
          name="Payment events"
          about="Events of the payment provider that failed and are tried again."
          note={
            stripeEvents.last ? (
              <>
                last one <RelativeTime iso={stripeEvents.last} />
              </>
            ) : (
              "none has come yet"
            )
          }
        >
          {formatCount(stripeEvents.failed)} failed
        </Stat>
      </Stats>
      <RequestsCard requests={data.requests} />
      <LettersCard />
      <MoneyCard money={data.money} />
      <Card title="Looks for drift">
        {data.drift.length === 0 ? (
          <p className="px-4 pb-5 text-14 text-ink-2 md:px-5">
            Redis and the ledger have not been compared yet; the worker does it every ten minutes.
          </p>
        ) : (
          <Table label="Looks for drift">
            <thead>
              <Tr>
                <Th>When</Th>
                <Th>Found</Th>
                <Th className="text-right max-md:hidden">Brands</Th>
                <Th className="text-right max-md:hidden">Took</Th>
              </Tr>
            </thead>
            <tbody>
              {data.drift.map((look) => (
                <Tr key={look.checkedAt}>
                  <RowHead>
                    <ClockTime iso={look.checkedAt} />
                  </RowHead>
                  <Td>
                    {look.breaches === 0 ? (
                      <Badge tone="done">All agree</Badge>
                    ) : (
                      <>
                        <Badge tone="stopped">{formatCount(look.breaches)} wrong</Badge>
                        <span className="mt-1 block text-12 wrap-anywhere text-ink-2">{look.wrong.join("; ")}</span>
                      </>
                    )}
                  </Td>
                  <Td className="figures text-right max-md:hidden">{formatCount(look.brands)}</Td>
                  <Td className="figures text-right max-md:hidden">{formatCount(look.tookMs)} ms</Td>
                </Tr>
              ))}
            </tbody>
          </Table>
        )}
      </Card>
      <JobsCard jobs={data.jobs} />
    </>
  );
}
