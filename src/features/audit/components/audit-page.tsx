"use client";

import { keepPreviousData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { useDeferredValue, useState } from "react";
import { toast } from "sonner";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { saveText } from "@/components/chart/save";
import { Id } from "@/components/copy";
import { cx } from "@/components/cx";
import { EmptyState } from "@/components/empty-state";
import { SelectField, TextField } from "@/components/field";
import { NothingFoundDrawing } from "@/components/icons/drawings";
import { DownloadIcon } from "@/components/icons/interface";
import { PageTitle } from "@/components/page-title";
import { describeFailure, QueryError, useSessionEnd } from "@/components/query-error";
import { SearchField } from "@/components/search-field";
import { ShowMore } from "@/components/show-more";
import { Skeleton } from "@/components/skeleton";
import { RowHead, Table, Td, Th, Tr } from "@/components/table";
import { ClockTime } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import { type AuditEntry, type AuditFilter, auditFilter } from "../contract";
import { AREAS, type Area, actionWords, detailWords } from "../rules";

const ACTORS = { user: "People", key: "API keys", system: "The system" } as const;

/** How what is looked at stands in the address. */
const VIEW = {
  area: parseAsStringLiteral(Object.keys(AREAS) as Area[]),
  actor: parseAsStringLiteral(["user", "key", "system"]),
  from: parseAsString,
  to: parseAsString,
  q: parseAsString,
};

/** Who did what in the brand: to be searched, and saved as a file. */
export function AuditPage() {
  const trpc = useTRPC();
  const [view, setView] = useQueryStates(VIEW, { history: "replace" });
  const [typed, setTyped] = useState(view.q ?? "");
  const q = useDeferredValue(typed.trim());
  const filter = filterOf({ ...view, q });
  const {
    data,
    error,
    refetch,
    fetchNextPage,
    hasNextPage,
    isFetchingNextPage,
    isFetchNextPageError,
    isPlaceholderData,
  } = useInfiniteQuery(
    trpc.audit.list.infiniteQueryOptions(filter, {
      getNextPageParam: (page) => page.cursor,
      retry: false,
      // What stands there stays until what is searched for has come: a letter typed is no new page.
      placeholderData: keepPreviousData,
    }),
  );
  useSessionEnd(error);
  const entries = data?.pages.flatMap((page) => page.entries);
  const clear = () => {
    setTyped("");
    void setView({ area: null, actor: null, from: null, to: null, q: null });
  };
  return (
    <div className="grid gap-6">
      <PageTitle title="Audit log" action={<Export filter={filter} />}>
        Who did what, in the order it was done. No line is ever changed or taken out, and it would show.
      </PageTitle>
      <Card>
        <search
          aria-label="Audit log"
          className="grid grid-cols-2 items-end gap-3 p-4 md:px-5 xl:grid-cols-[minmax(12rem,1fr)_repeat(4,minmax(0,auto))] max-xl:[&>:first-child]:col-span-2"
        >
          <SearchField
            label="Search the log"
            placeholder="Search people, keys, details"
            maxLength={100}
            value={typed}
            onChange={(event) => {
              setTyped(event.target.value);
              void setView({ q: event.target.value.trim() || null });
            }}
          />
          <SelectField
            label="About"
            value={view.area ?? ""}
            onChange={(event) => void setView({ area: (event.target.value as Area) || null })}
          >
            <option value="">Everything</option>
            {Object.entries(AREAS).map(([area, words]) => (
              <option key={area} value={area}>
                {words}
              </option>
            ))}
          </SelectField>
          <SelectField
            label="Done by"
            value={view.actor ?? ""}
            onChange={(event) => void setView({ actor: (event.target.value as keyof typeof ACTORS) || null })}
          >
            <option value="">Anybody</option>
            {Object.entries(ACTORS).map(([actor, words]) => (
              <option key={actor} value={actor}>
                {words}
              </option>
            ))}
          </SelectField>
          <TextField
            label="From"
            type="date"
            value={view.from ?? ""}
            onChange={(event) => void setView({ from: event.target.value || null })}
          />
          <TextField
            label="To"
            type="date"
            value={view.to ?? ""}
            onChange={(event) => void setView({ to: event.target.value || null })}
          />
        </search>
        {error && !data && (
          <div className="px-4 pb-4 md:px-5">
            <QueryError what="The audit log" error={error} retry={refetch} />
          </div>
        )}
        {!data && !error && <Skeleton className="mx-5 mb-5 h-80" />}
        {entries && entries.length > 0 && (
          <div className={cx("transition-opacity", isPlaceholderData && "opacity-60")}>
            <Entries entries={entries} />
          </div>
        )}
        {entries?.length === 0 && (
          <EmptyState
            drawing={<NothingFoundDrawing />}
            title="Nothing in the log fits that"
            action={<Button onClick={clear}>Show all of it</Button>}
          >
            <p>Search by a person, a key, an action or anything in the details.</p>
          </EmptyState>
        )}
        {hasNextPage && (
          <div className="border-t border-line px-2 py-1.5 md:px-3">
            <ShowMore busy={isFetchingNextPage} failed={isFetchNextPageError} onPress={() => fetchNextPage()}>
              Show more
            </ShowMore>
          </div>
        )}
      </Card>
    </div>
  );
}

/** What the address asks for, as far as it can be asked. */
function filterOf(view: { readonly [K in keyof AuditFilter]?: AuditFilter[K] | null }): AuditFilter {
  const asked = Object.entries(view).filter(([, value]) => value);
  const fitting = asked.filter(([name, value]) => auditFilter.safeParse({ [name]: value }).success);
  return auditFilter.parse(Object.fromEntries(fitting));
}

function Entries({ entries }: { entries: readonly AuditEntry[] }) {
  return (
    <Table label="Audit log">
      <thead>
        <tr className="[&>th]:border-t">
          <Th>What</Th>
          <Th className="max-md:hidden">Who</Th>
          <Th className="max-lg:hidden">To what</Th>
          <Th className="max-lg:hidden">Details</Th>
          <Th className="text-right max-md:hidden">When</Th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => {
          const { area, verb } = actionWords(entry.action);
          const details = detailWords(entry.details);
          return (
            <Tr key={entry.id}>
              <RowHead className="max-w-72">
                <span className="grid min-w-0 gap-0.5">
                  <span className="font-medium wrap-anywhere">{verb}</span>
                  <span className="text-12 text-ink-3">{area}</span>
                  <span className="text-12 wrap-anywhere lg:hidden">
                    <Subject entry={entry} brief />
                  </span>
                  <span className="text-12 wrap-anywhere text-ink-2 md:hidden">
                    <Actor entry={entry} />, <ClockTime iso={entry.at} className="figures" />
                  </span>
                  <span className="text-12 wrap-anywhere text-ink-2 lg:hidden">{details}</span>
                </span>
              </RowHead>
              <Td className="max-w-48 text-13 wrap-anywhere text-ink-2 max-md:hidden">
                <Actor entry={entry} />
              </Td>
              <Td className="max-w-56 text-13 text-ink-2 max-lg:hidden">
                <Subject entry={entry} />
              </Td>
              <Td className="max-w-88 text-13 wrap-anywhere text-ink-2 max-lg:hidden">{details}</Td>
              <Td className="figures text-right text-13 whitespace-nowrap text-ink-2 max-md:hidden">
                <ClockTime iso={entry.at} />
              </Td>
            </Tr>
          );
        })}
      </tbody>
    </Table>
  );
}

function Actor({ entry }: { entry: AuditEntry }) {
  if (entry.actorType === "user") return <>{entry.actorName ?? "Somebody who has left"}</>;
  return (
    <span className="inline-flex flex-wrap items-center gap-1.5">
      <Badge>{entry.actorType === "key" ? "Key" : "System"}</Badge>
      <span className="font-mono text-12">{entry.actorId}</span>
    </span>
  );
}

/** Saves what is looked at, as far back as it goes. */
function Export({ filter }: { filter: AuditFilter }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      const { filename, csv, truncated } = await queries.fetchQuery(
        trpc.audit.csv.queryOptions(filter, { staleTime: 0, retry: false }),
      );
      saveText(`${filename}.csv`, csv);
      if (truncated) toast.info("Only the newest 20,000 lines are in the file. Export the rest by days.");
    } catch (error) {
      toast.error(describeFailure(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button busy={busy} icon={<DownloadIcon size={18} />} onClick={save}>
      Export CSV
    </Button>
  );
}

/** What a line is about, by its name where it has one, with its id where there is room; nobody would copy a person's. */
function Subject({ entry: { action, subject, subjectName }, brief = false }: { entry: AuditEntry; brief?: boolean }) {
  if (subjectName === null) return <Id id={subject} what="subject" />;
  return (
    <span className="grid justify-items-start wrap-anywhere">
      {subjectName}
      {!brief && !action.startsWith("person.") && <Id id={subject} what="subject" />}
    </span>
  );
}
