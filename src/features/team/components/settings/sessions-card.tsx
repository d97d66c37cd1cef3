"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { describeFailure, QueryError } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { RelativeTime } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import { describeAgent } from "./agent";

/** Where one is signed in, and the ends of it. */
export function SessionsCard() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { data, error, refetch } = useQuery(trpc.profile.sessions.queryOptions());
  const end = useMutation(
    trpc.profile.endSessions.mutationOptions({
      onSuccess: async ({ ended }) => {
        await queries.invalidateQueries(trpc.profile.sessions.queryFilter());
        toast.success(ended === 1 ? "The session is over" : `${ended} sessions are over`);
      },
      onError: (failure) => void toast.error(describeFailure(failure)),
    }),
  );
  const finish = (id: string | null) => end.isPending || end.mutate({ id });
  const others = data?.sessions.filter((session) => !session.current) ?? [];
  return (
    <Card
      title="Where you are signed in"
      aside={
        others.length > 1 && (
          <Button size="small" busy={end.isPending && end.variables.id === null} onClick={() => finish(null)}>
            Sign out everywhere else
          </Button>
        )
      }
    >
      {error && !data && (
        <div className="px-4 pb-4 md:px-5">
          <QueryError what="Your sessions" error={error} retry={refetch} />
        </div>
      )}
      {!data && !error && <Skeleton className="mx-5 mb-5 h-14" />}
      <ul className="pb-2">
        {data?.sessions.map((session) => {
          const agent = describeAgent(session.userAgent);
          return (
            <li key={session.id} className="flex items-center gap-4 border-t border-line px-4 py-2.5 md:px-5">
              <span className="grid min-w-0 flex-1 gap-0.5">
                <span className="text-14 font-medium" title={session.userAgent}>
                  {agent}
                </span>
                <span className="text-12 text-ink-2">
                  Signed in <RelativeTime iso={session.createdAt} />, last seen{" "}
                  <RelativeTime iso={session.lastSeenAt} />
                </span>
              </span>
              {session.current ? (
                <Badge tone="accent">This one</Badge>
              ) : (
                <Button
                  look="quiet"
                  size="small"
                  busy={end.isPending && end.variables.id === session.id}
                  aria-label={`End the session of ${agent}`}
                  onClick={() => finish(session.id)}
                >
                  End
                </Button>
              )}
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
