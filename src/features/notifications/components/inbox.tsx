"use client";

import { keepPreviousData, useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useDeferredValue, useState } from "react";
import { toast } from "sonner";
import { Button, buttonClass } from "@/components/button";
import { Card } from "@/components/card";
import { cx } from "@/components/cx";
import { EmptyState } from "@/components/empty-state";
import { NothingFoundDrawing, NothingHereDrawing } from "@/components/icons/drawings";
import { CheckIcon, ChevronIcon, InfoIcon, SoonIcon, StoppedIcon } from "@/components/icons/interface";
import { PageTitle } from "@/components/page-title";
import { QueryError, useSessionEnd } from "@/components/query-error";
import { SearchField } from "@/components/search-field";
import { Segmented } from "@/components/segmented";
import { ShowMore } from "@/components/show-more";
import { Skeleton } from "@/components/skeleton";
import { RelativeTime } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import { KINDS, type Notification, type NotificationKind, type Tone } from "../contract";
import { KIND_NAMES } from "../rules";
import { Places } from "./places";

/** What each tone is drawn as, and called by who cannot see it. */
export const TONES = {
  info: { icon: <InfoIcon className="text-accent-ink" />, name: "To know" },
  soon: { icon: <SoonIcon className="text-amber" />, name: "Soon" },
  stopped: { icon: <StoppedIcon className="text-red" />, name: "Stopped" },
} as const satisfies Record<Tone, unknown>;

/** What the person was told, newest first, to be found, read and marked. */
export function Inbox({ seesFailures }: { seesFailures: boolean }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [only, setOnly] = useState<"all" | "unread">("all");
  const [kind, setKind] = useState<NotificationKind | "">("");
  const [search, setSearch] = useState("");
  const text = useDeferredValue(search.trim());
  const filtered = only === "unread" || kind !== "" || text !== "";
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
    trpc.notifications.list.infiniteQueryOptions(
      {
        ...(only === "unread" ? { unread: true } : {}),
        ...(kind === "" ? {} : { kind }),
        ...(text === "" ? {} : { text }),
      },
      {
        getNextPageParam: (page) => page.cursor,
        refetchInterval: 30_000,
        retry: false,
        placeholderData: keepPreviousData,
      },
    ),
  );
  useSessionEnd(error);
  const mark = useMutation(
    trpc.notifications.markRead.mutationOptions({
      onSettled: () => queries.invalidateQueries(trpc.notifications.pathFilter()),
      onError: () => toast.error("It could not be marked. Nothing was lost; try again."),
    }),
  );
  const rows = data?.pages.flatMap((page) => page.notifications);
  const unread = rows?.some((row) => row.readAt === null) ?? false;
  return (
    <div className="grid gap-6">
      <PageTitle
        title="Notifications"
        action={
          <Button
            busy={mark.isPending}
            disabled={!unread}
            icon={<CheckIcon size={18} />}
            onClick={() => mark.mutate({})}
          >
            Mark all as read
          </Button>
        }
      />
      <Places seesFailures={seesFailures} />
      <Card>
        <div className="grid gap-3 px-4 py-3 md:grid-cols-[auto_minmax(0,1fr)_14rem] md:items-end md:px-5">
          <div>
            <Segmented
              legend="Which"
              value={only}
              options={[
                { value: "all", label: "All" },
                { value: "unread", label: "Unread" },
              ]}
              onChange={setOnly}
            />
          </div>
          <SearchField
            label="Search notifications"
            placeholder="Search notifications"
            value={search}
            maxLength={100}
            onChange={(event) => setSearch(event.target.value)}
          />
          <span className="relative block">
            <select
              aria-label="Kind"
              value={kind}
              onChange={(event) => setKind(event.target.value as NotificationKind | "")}
              className="h-10 w-full appearance-none rounded-control border border-line-control bg-surface pr-9 pl-3 text-14 md:h-9"
            >
              <option value="">Every kind</option>
              {KINDS.map((each) => (
                <option key={each} value={each}>
                  {KIND_NAMES[each]}
                </option>
              ))}
            </select>
            <ChevronIcon size={18} className="pointer-events-none absolute inset-y-0 right-2.5 my-auto text-ink-3" />
          </span>
        </div>
        {error && !rows && (
          <div className="px-4 pb-4 md:px-5 md:pb-5">
            <QueryError what="Your notifications" error={error} retry={refetch} />
          </div>
        )}
        {!rows && !error && <LoadingRows />}
        {rows?.length === 0 &&
          (filtered ? (
            <EmptyState
              drawing={<NothingFoundDrawing />}
              title="Nothing like that"
              action={
                <Button
                  onClick={() => {
                    setOnly("all");
                    setKind("");
                    setSearch("");
                  }}
                >
                  Show all
                </Button>
              }
            >
              <p>No notification fits what you are looking for.</p>
            </EmptyState>
          ) : (
            <EmptyState
              drawing={<NothingHereDrawing />}
              title="Nothing has happened yet"
              action={
                <Link href="/usage/alerts" className={buttonClass("plain")}>
                  See your alerts
                </Link>
              }
            >
              <p>When an alert of your brand is crossed, it stands here, and is mailed as you choose.</p>
            </EmptyState>
          ))}
        {rows && rows.length > 0 && (
          <ul className={cx("transition-opacity", isPlaceholderData && "opacity-60")}>
            {rows.map((row) => (
              <Row
                key={row.id}
                row={row}
                onMark={(unreadAgain) => mark.mutate({ ids: [row.id], ...(unreadAgain ? { unread: true } : {}) })}
              />
            ))}
          </ul>
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

function Row({ row, onMark }: { row: Notification; onMark: (unread: boolean) => void }) {
  const tone = TONES[row.tone];
  const isUnread = row.readAt === null;
  return (
    <li className={cx("relative flex gap-3 border-t border-line px-4 py-3.5 md:px-5", isUnread && "bg-accent-soft/40")}>
      <span className="mt-0.5 shrink-0">
        {tone.icon}
        <span className="sr-only">{tone.name}</span>
      </span>
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-baseline gap-x-3">
          <Link
            href={row.href}
            onClick={() => isUnread && onMark(false)}
            className={cx("text-14 wrap-anywhere hover:underline", isUnread ? "font-semibold" : "font-medium")}
          >
            {row.title}
            {isUnread && <span className="sr-only">, unread</span>}
          </Link>
          <RelativeTime iso={row.createdAt} className="figures text-12 text-ink-3" />
        </p>
        <p className="mt-0.5 max-w-prose text-13 wrap-anywhere text-ink-2">{row.body}</p>
      </div>
      <Button
        look="quiet"
        size="small"
        className="self-start"
        aria-label={isUnread ? `Mark read: ${row.title}` : `Mark unread: ${row.title}`}
        onClick={() => onMark(!isUnread)}
      >
        {isUnread ? "Mark read" : "Mark unread"}
      </Button>
    </li>
  );
}

/** As tall as real rows. */
export function LoadingRows() {
  return (
    <div aria-busy="true">
      {["a", "b", "c", "d"].map((row) => (
        <div key={row} className="flex h-18 items-center gap-4 border-t border-line px-4 md:px-5">
          <Skeleton className="size-6 rounded-full" />
          <div className="grid flex-1 gap-2">
            <Skeleton className="h-4 w-64 max-w-full" />
            <Skeleton className="h-3 w-96 max-w-full" />
          </div>
        </div>
      ))}
    </div>
  );
}
