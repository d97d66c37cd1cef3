"use client";

import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { SoonIcon } from "@/components/icons/interface";
import { describeFailure } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import type { OverviewOutput } from "../contract";
import { usePortal } from "./use-billing";
import { cardName } from "./words";

/** The cards on file; they are changed where they are kept, at the payment provider. */
export function PaymentCard({ overview, canWrite }: { overview: OverviewOutput | undefined; canWrite: boolean }) {
  const portal = usePortal();
  return (
    <Card title="Payment methods">
      <div className="grid gap-4 px-4 pb-5 md:px-5">
        {!overview ? (
          <Skeleton className="h-12 w-full" />
        ) : overview.paymentMethods.length > 0 ? (
          <ul className="grid gap-3">
            {overview.paymentMethods.map((card) => (
              <li key={card.id} className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1">
                <span>
                  <span className="block text-14 font-medium">{cardName(card)}</span>
                  <span className="figures text-12 text-ink-3">
                    Valid until {String(card.expMonth).padStart(2, "0")}/{card.expYear}
                  </span>
                </span>
                <span className="flex gap-1.5">
                  {card.expiresSoon && (
                    <Badge tone="soon" icon={<SoonIcon size={14} />}>
                      Expires soon
                    </Badge>
                  )}
                  {card.isDefault && <Badge>Charged first</Badge>}
                </span>
              </li>
            ))}
          </ul>
        ) : (
          <p className="text-14 text-ink-2">
            {overview.providerAway
              ? "Not known now."
              : !overview.configured
                ? "No card on file."
                : "No card on file. The first purchase asks for one, and can keep it for the next."}
          </p>
        )}
        {canWrite && overview && (overview.plan || overview.paymentMethods.length > 0) && (
          <div className="flex flex-wrap gap-2">
            <Button busy={portal.isPending} onClick={() => portal.mutate({ flow: "home" })}>
              Manage cards and plan
            </Button>
          </div>
        )}
        {portal.error && (
          <p role="alert" className="text-13 text-red">
            {describeFailure(portal.error)}
          </p>
        )}
      </div>
    </Card>
  );
}
