"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { Card } from "@/components/card";
import { cx } from "@/components/cx";
import { ChevronIcon } from "@/components/icons/interface";
import { PageTitle } from "@/components/page-title";
import { QueryError, useSessionEnd } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { RowHead, Table, Td, Th, Tr } from "@/components/table";
import { useTRPC } from "@/trpc/client";
import type { Preferences as Chosen, Mode, NotificationKind } from "../contract";
import { KIND_NAMES } from "../rules";
import { ChatRooms } from "./chat-rooms";
import { Places } from "./places";

/** When each kind comes, in a few words. */
const ABOUT: Record<NotificationKind, string> = {
  plan_used: "A share of the plan’s tokens is used",
  low_balance: "Few tokens are left, or none",
  forecast: "Tokens will not last the period",
  unusual: "Far more or far less use than such an hour has",
  cap_reached: "Your own cap pauses widgets",
  payment_failed: "A charge was refused; the details come in a mail of their own",
  key_refused: "Shops or servers are turned away",
  key_revoked: "We ended a key that was in the wrong hands",
  webhook_disabled: "We stopped sending to an endpoint that does not answer",
};
const WORDS: Record<Mode, string> = { now: "At once", digest: "Once a day", off: "Not at all" };
/** In the app there is nothing to wait for: it disturbs nobody. */
const MODES = { app: ["now", "off"], email: ["now", "digest", "off"] } as const;

/** How the person is told of each kind of thing, and the brand's rooms in chat tools. */
export function Preferences({ seesRooms, seesFailures }: { seesRooms: boolean; seesFailures: boolean }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { data, error, refetch } = useQuery(trpc.notifications.preferences.queryOptions(undefined, { retry: false }));
  useSessionEnd(error);
  const key = trpc.notifications.preferences.queryKey();
  const set = useMutation(
    trpc.notifications.setPreference.mutationOptions({
      // One after the other: a choice that is passed by on the way to another must not arrive last.
      scope: { id: "preferences" },
      onMutate: ({ kind, channel, mode }) => {
        queries.setQueryData(key, (old) =>
          old ? { kinds: old.kinds.map((each) => (each.kind === kind ? { ...each, [channel]: mode } : each)) } : old,
        );
      },
      onSuccess: () => toast.success("Saved"),
      onError: async () => {
        await queries.invalidateQueries({ queryKey: key });
        toast.error("It was not saved. Nothing has changed; try again.");
      },
    }),
  );
  return (
    <div className="grid gap-6">
      <PageTitle title="How you are told">
        When mails may come at all, and when digests go out, stands with the alerts.
      </PageTitle>
      <Places seesFailures={seesFailures} />
      <Card title="For you">
        {error && !data && (
          <div className="p-4 md:p-5">
            <QueryError what="Your choices" error={error} retry={refetch} />
          </div>
        )}
        {!data && !error && <Skeleton className="m-5 h-96" />}
        {data && <Matrix kinds={data.kinds} onSet={(kind, channel, mode) => set.mutate({ kind, channel, mode })} />}
      </Card>
      {seesRooms && <ChatRooms />}
    </div>
  );
}

function Matrix({
  kinds,
  onSet,
}: {
  kinds: Chosen["kinds"];
  onSet: (kind: NotificationKind, channel: "app" | "email", mode: Mode) => void;
}) {
  return (
    <Table label="How you are told">
      <thead>
        <tr>
          <Th>What</Th>
          <Th>In the app</Th>
          <Th>By mail</Th>
        </tr>
      </thead>
      <tbody>
        {kinds.map(({ kind, app, email }) => (
          <Tr key={kind}>
            <RowHead>
              <span className="font-medium">{KIND_NAMES[kind]}</span>
              <span className="block text-12 text-ink-2 max-md:sr-only">{ABOUT[kind]}</span>
            </RowHead>
            {(["app", "email"] as const).map((channel) => {
              const value = channel === "app" ? app : email;
              if (channel === "email" && kind === "payment_failed") {
                return (
                  <Td key={channel} className="w-36 text-13 text-ink-2 max-md:px-1.5">
                    By billing, to admins
                  </Td>
                );
              }
              return (
                <Td key={channel} className="w-36 max-md:px-1.5">
                  <span className="relative block w-full min-w-25">
                    <select
                      aria-label={`${KIND_NAMES[kind]}, ${channel === "app" ? "in the app" : "by mail"}`}
                      value={value}
                      onChange={(event) => onSet(kind, channel, event.target.value as Mode)}
                      className={cx(
                        "h-9 w-full appearance-none rounded-control border border-line-control bg-surface pr-7 pl-2.5 text-13",
                        value === "off" && "text-ink-2",
                      )}
                    >
                      {MODES[channel].map((mode) => (
                        <option key={mode} value={mode}>
                          {WORDS[mode]}
                        </option>
                      ))}
                    </select>
                    <ChevronIcon
                      size={16}
                      className="pointer-events-none absolute inset-y-0 right-2 my-auto text-ink-3"
                    />
                  </span>
                </Td>
              );
            })}
          </Tr>
        ))}
      </tbody>
    </Table>
  );
}
