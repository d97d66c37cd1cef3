"use client";

import { buttonClass } from "@/components/button";
import { formatExact, formatMoney } from "@/components/format";
import { Notice } from "@/components/notice";
import { useTimeZone } from "@/components/time";
import type { OverviewOutput } from "../contract";

/** A higher plan that begins once somebody has confirmed its payment at the bank, and where that is done. */
export function ConfirmNotice({ overview, canPay }: { overview: OverviewOutput; canPay: boolean }) {
  const zone = useTimeZone();
  const { confirming, plan } = overview;
  if (!confirming) return null;
  const { amountCents, url, until } = confirming;
  return (
    <Notice
      kind="soon"
      title={`Confirm your payment of ${formatMoney(amountCents)} for ${confirming.plan.name}`}
      action={
        canPay && (
          <a href={url} target="_blank" rel="noreferrer" className={buttonClass("plain", "small")}>
            Confirm payment<span className="sr-only">, in a new tab</span>
          </a>
        )
      }
    >
      Your bank asks for it. {confirming.plan.name} begins as soon as it is confirmed
      {plan ? `; until then ${plan.name} goes on` : ""}. The change lapses on {formatExact(until, zone)}, and nothing is
      charged then.
    </Notice>
  );
}
