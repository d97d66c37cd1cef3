"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { toast } from "sonner";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { ConfirmDialog, Dialog } from "@/components/dialog";
import { formatCount, formatExact } from "@/components/format";
import { Notice } from "@/components/notice";
import { PageTitle } from "@/components/page-title";
import { describeFailure, QueryError, useSessionEnd } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { RelativeTime, useTimeZone } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import type { EndpointView as Endpoint } from "../contract";
import { DeliveriesCard } from "./deliveries-card";
import { EndpointDialog } from "./endpoint-dialog";
import { SecretReveal } from "./secret-reveal";
import { standingOf } from "./words";

/** One endpoint: how it stands, what an admin may do with it, and all that went to it. */
export function EndpointView({ id, canWrite }: { id: string; canWrite: boolean }) {
  const trpc = useTRPC();
  const {
    data: endpoint,
    error,
    refetch,
  } = useQuery(
    // An attempt changes how it stands, without anybody here pressing anything.
    trpc.webhooks.endpoint.queryOptions({ id }, { refetchInterval: 3_000 }),
  );
  useSessionEnd(error);
  return (
    <div className="grid gap-6">
      <div className="grid gap-2">
        <Link href="/settings/webhooks" className="justify-self-start text-13 text-ink-2 hover:text-ink">
          Webhooks
        </Link>
        <PageTitle title={endpoint ? new URL(endpoint.url).host : "Endpoint"}>{endpoint?.description}</PageTitle>
      </div>
      {error && !endpoint && <QueryError what="The endpoint" error={error} retry={refetch} />}
      {!endpoint && !error && <Skeleton className="h-44 w-full rounded-card" />}
      {endpoint && <Facts endpoint={endpoint} canWrite={canWrite} />}
      <DeliveriesCard
        endpointId={id}
        canWrite={canWrite && endpoint?.enabled === true}
        failed={endpoint?.failed ?? 0}
      />
    </div>
  );
}

function Facts({ endpoint, canWrite }: { endpoint: Endpoint; canWrite: boolean }) {
  const zone = useTimeZone();
  const standing = standingOf(endpoint);
  return (
    <Card>
      <div className="grid gap-4 p-4 md:p-5">
        {standing.why && (
          <Notice kind={endpoint.enabled ? "soon" : "stopped"} title={standing.why}>
            {endpoint.enabled
              ? "We go on trying. After three days without success the endpoint is turned off, and your admins get a mail."
              : "Once your receiver answers again, turn it on and send again what was given up."}
          </Notice>
        )}
        <dl className="grid gap-x-8 gap-y-3 text-14 md:grid-cols-[auto_minmax(0,1fr)]">
          <Fact name="Address">
            <span className="font-mono text-13 break-all">{endpoint.url}</span>
          </Fact>
          <Fact name="State">
            <span className="flex flex-wrap items-center gap-2">
              <Badge tone={standing.tone}>{standing.name}</Badge>
              {endpoint.failingSince && endpoint.enabled && (
                <span className="text-13 text-ink-2">
                  since <RelativeTime iso={endpoint.failingSince} />
                </span>
              )}
            </span>
          </Fact>
          <Fact name="Events">
            {endpoint.events === null ? (
              "All events, those of later too"
            ) : (
              <span className="flex flex-wrap gap-1.5">
                {endpoint.events.map((event) => (
                  <Badge key={event}>{event}</Badge>
                ))}
              </span>
            )}
          </Fact>
          <Fact name="Last seven days">
            <span className="figures">
              {formatCount(endpoint.delivered)} delivered, {formatCount(endpoint.waiting)} waiting,{" "}
              {formatCount(endpoint.failed)} given up
            </span>
          </Fact>
          {endpoint.previousUntil && (
            <Fact name="Old secret">Signs too until {formatExact(endpoint.previousUntil, zone)}</Fact>
          )}
        </dl>
        {canWrite && <Actions endpoint={endpoint} />}
      </div>
    </Card>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div className="grid gap-0.5 md:contents">
      <dt className="text-13 text-ink-2 md:py-0.5">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </div>
  );
}

function Actions({ endpoint }: { endpoint: Endpoint }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const router = useRouter();
  const [asking, setAsking] = useState<"change" | "rotate" | "delete" | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const { id, enabled } = endpoint;
  const refresh = () => queries.invalidateQueries(trpc.webhooks.pathFilter());
  const failed = (error: unknown) => toast.error(describeFailure(error));
  const test = useMutation(
    trpc.webhooks.test.mutationOptions({
      onSuccess: async ({ status, lastError, tries }) => {
        await refresh();
        if (status === "delivered") toast.success(`The test got through in ${tries[0]?.durationMs ?? 0} ms`);
        else toast.error(`The test did not get through. ${lastError ?? ""}`);
      },
      onError: failed,
    }),
  );
  const turn = useMutation(
    trpc.webhooks.setEnabled.mutationOptions({
      onSuccess: async (after) => {
        await refresh();
        toast.success(after.enabled ? "The endpoint is on" : "The endpoint is off");
      },
      onError: failed,
    }),
  );
  const rotate = useMutation(
    trpc.webhooks.rotateSecret.mutationOptions({
      onSuccess: async (made) => {
        setAsking(null);
        setSecret(made.secret);
        await refresh();
      },
    }),
  );
  const remove = useMutation(
    trpc.webhooks.remove.mutationOptions({
      onSuccess: async () => {
        toast.success("The endpoint is deleted");
        router.push("/settings/webhooks");
        await queries.invalidateQueries(trpc.webhooks.list.queryFilter());
      },
    }),
  );
  const host = new URL(endpoint.url).host;
  return (
    <div className="flex flex-wrap gap-2">
      <Button look="main" busy={test.isPending} onClick={() => test.mutate({ id })}>
        Send test event
      </Button>
      <Button onClick={() => setAsking("change")}>Change</Button>
      <Button onClick={() => setAsking("rotate")}>Rotate secret</Button>
      <Button busy={turn.isPending} onClick={() => turn.mutate({ id, enabled: !enabled })}>
        {enabled ? "Turn off" : "Turn on"}
      </Button>
      <Button look="quiet" onClick={() => setAsking("delete")}>
        Delete
      </Button>
      <EndpointDialog
        key={asking === "change" ? "open" : "closed"}
        open={asking === "change"}
        onOpenChange={(open) => setAsking(open ? "change" : null)}
        endpoint={endpoint}
      />
      <ConfirmDialog
        open={asking === "rotate"}
        onOpenChange={(open) => {
          if (open || rotate.isPending) return;
          rotate.reset();
          setAsking(null);
        }}
        title={`Rotate the secret of ${host}?`}
        confirm="Rotate secret"
        keep="Keep it"
        busy={rotate.isPending}
        onConfirm={() => rotate.mutate({ id })}
      >
        <p>You get a new secret. For 24 hours the old one signs too, so that your receiver misses nothing.</p>
        {rotate.error && (
          <Notice kind="stopped" title="The secret was not rotated">
            {describeFailure(rotate.error)}
          </Notice>
        )}
      </ConfirmDialog>
      <ConfirmDialog
        open={asking === "delete"}
        onOpenChange={(open) => {
          if (open || remove.isPending) return;
          remove.reset();
          setAsking(null);
        }}
        title={`Delete the endpoint at ${host}?`}
        confirm="Delete endpoint"
        keep="Keep it"
        busy={remove.isPending}
        onConfirm={() => remove.mutate({ id })}
      >
        <p>Nothing is sent to it any more, and its log goes with it. To stop for a while, turn it off instead.</p>
        {remove.error && (
          <Notice kind="stopped" title="The endpoint was not deleted">
            {describeFailure(remove.error)}
          </Notice>
        )}
      </ConfirmDialog>
      <Dialog open={secret !== null} onOpenChange={(open) => !open && setSecret(null)} firm title="The new secret">
        <SecretReveal secret={secret ?? ""} rotated onDone={() => setSecret(null)} />
      </Dialog>
    </div>
  );
}
