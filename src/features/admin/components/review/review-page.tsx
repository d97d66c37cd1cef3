"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { toast } from "sonner";
import { Badge, type Tone } from "@/components/badge";
import { Button, buttonClass } from "@/components/button";
import { Card } from "@/components/card";
import { Id } from "@/components/copy";
import { EmptyState } from "@/components/empty-state";
import { NothingFoundDrawing } from "@/components/icons/drawings";
import { PageTitle } from "@/components/page-title";
import { describeFailure, QueryError, useSessionEnd } from "@/components/query-error";
import { Segmented } from "@/components/segmented";
import { Skeleton } from "@/components/skeleton";
import { ClockTime, RelativeTime } from "@/components/time";
import { UNDO_MS } from "@/components/toaster";
import { useTRPC } from "@/trpc/client";
import type { Sign, SignKind } from "../../review/contract";
import { ReasonDialog } from "../reason-dialog";
import { RevokeDialog } from "../revoke-dialog";
import { FoundKeyCard } from "./found-key-card";

const KINDS: Readonly<Record<SignKind, { name: string; tone: Tone }>> = {
  secret_in_browser: { name: "Secret in a page", tone: "stopped" },
  countries: { name: "New countries", tone: "soon" },
  refused: { name: "Key refused", tone: "soon" },
  unusual: { name: "Unusual use", tone: "neutral" },
};

/** Signs that a key is in the wrong hands, or that use is not as usual, of all brands; each to be acted on or put aside. */
export function ReviewPage() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [shown, setShown] = useState<"open" | "all">("open");
  const [dismissing, setDismissing] = useState<Sign | null>(null);
  const [revoking, setRevoking] = useState<Sign | null>(null);
  const { data, error, refetch } = useQuery(
    trpc.admin.review.queryOptions({ dismissed: shown === "all" }, { refetchInterval: 60_000 }),
  );
  useSessionEnd(error);
  const again = () => queries.invalidateQueries({ queryKey: trpc.admin.review.queryKey() });
  const recall = useMutation(
    trpc.admin.recallSign.mutationOptions({
      onSuccess: () => {
        toast("Brought back");
        return again();
      },
      onError: (failure) => toast.error(describeFailure(failure)),
    }),
  );
  const dismiss = useMutation(
    trpc.admin.dismissSign.mutationOptions({
      onSuccess: (_, { customerId, sign }) => {
        toast("Put aside", {
          duration: UNDO_MS,
          action: { label: "Undo", onClick: () => recall.mutate({ customerId, sign }) },
        });
        return again();
      },
    }),
  );
  return (
    <div className="grid gap-6">
      <PageTitle title="Review">
        Use that is not as usual, and signs of a key in the wrong hands, of all brands.{" "}
        {data && (
          <span className="text-ink-3">
            As of <ClockTime iso={data.asOf} />
          </span>
        )}
      </PageTitle>
      <Card
        title="Signs"
        aside={
          <Segmented
            legend="Which signs"
            value={shown}
            onChange={setShown}
            options={[
              { value: "open", label: "Open" },
              { value: "all", label: "All" },
            ]}
          />
        }
      >
        {error && !data && (
          <div className="px-4 pb-5 md:px-5">
            <QueryError what="The signs" error={error} retry={refetch} />
          </div>
        )}
        {!data && !error && <Skeleton className="m-4 h-40" />}
        {data?.signs.length === 0 && (
          <EmptyState drawing={<NothingFoundDrawing />} title="Nothing stands out">
            <p>
              A brand whose use leaves its own pattern, a key that is refused over and over, and use from many new
              countries will be listed here.
            </p>
          </EmptyState>
        )}
        <ul className="grid px-4 pb-2 md:px-5">
          {data?.signs.map((sign) => (
            <Row
              key={`${sign.customerId} ${sign.id}`}
              sign={sign}
              onRevoke={() => setRevoking(sign)}
              onDismiss={() => setDismissing(sign)}
              onRecall={() => recall.mutate({ customerId: sign.customerId, sign: sign.id })}
            />
          ))}
        </ul>
      </Card>
      <FoundKeyCard />
      <RevokeDialog
        customerId={revoking?.customerId ?? ""}
        target={revoking?.key ?? null}
        opensFirst
        onClose={() => setRevoking(null)}
      />
      <ReasonDialog
        open={dismissing !== null}
        onClose={() => setDismissing(null)}
        title="Put this aside?"
        description={`${dismissing?.brand ?? ""}: ${dismissing?.title ?? ""}. A new sign is shown again.`}
        hint="Your colleagues read it here, and it stands in our own audit log."
        maxLength={300}
        look="main"
        keep="Leave it"
        confirm="Put aside"
        failure="It was not put aside"
        change={dismiss}
        onConfirm={(reason, close) =>
          dismissing &&
          dismiss.mutate({ customerId: dismissing.customerId, sign: dismissing.id, reason }, { onSuccess: close })
        }
      />
    </div>
  );
}

function Row({
  sign,
  onRevoke,
  onDismiss,
  onRecall,
}: {
  sign: Sign;
  onRevoke: () => void;
  onDismiss: () => void;
  onRecall: () => void;
}) {
  const { name, tone } = KINDS[sign.kind];
  return (
    <li className="flex flex-wrap items-start gap-x-6 gap-y-3 border-t border-line py-3.5">
      <div className="grid min-w-0 flex-1 basis-80 gap-1">
        <p className="flex flex-wrap items-center gap-2">
          <Badge tone={tone}>{name}</Badge>
          <span className="text-14 font-medium wrap-anywhere">{sign.title}</span>
        </p>
        <p className="max-w-prose text-13 text-ink-2">{sign.body}</p>
        <p className="flex flex-wrap items-center gap-x-2 text-12 wrap-anywhere text-ink-3">
          <span>
            {sign.brand}, <RelativeTime iso={sign.at} />
          </span>
          {sign.key && <Id id={sign.key.keyId} what="key id" />}
        </p>
        {sign.dismissed && (
          <p className="text-12 wrap-anywhere text-ink-3">
            Put aside by {sign.dismissed.by}, <RelativeTime iso={sign.dismissed.at} />: “{sign.dismissed.reason}”
          </p>
        )}
      </div>
      <div className="flex flex-wrap gap-1">
        <Link
          href={`/admin/customers/${sign.customerId}`}
          className={buttonClass("plain", "small")}
          aria-label={`Open brand ${sign.brand}`}
        >
          Open brand
        </Link>
        {sign.key && (
          <Button size="small" onClick={onRevoke} aria-label={`Revoke key ${sign.key.name}`}>
            Revoke key
          </Button>
        )}
        {sign.dismissed ? (
          <Button look="quiet" size="small" onClick={onRecall} aria-label={`Bring back: ${sign.title}`}>
            Bring back
          </Button>
        ) : (
          <Button look="quiet" size="small" onClick={onDismiss} aria-label={`Put aside: ${sign.title}`}>
            Put aside
          </Button>
        )}
      </div>
    </li>
  );
}
