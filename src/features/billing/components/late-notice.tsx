"use client";

import { buttonClass } from "@/components/button";
import { useNow } from "@/components/clock";
import { formatDay, formatMoney } from "@/components/format";
import { Notice } from "@/components/notice";
import { useTimeZone } from "@/components/time";
import type { OverviewOutput } from "../contract";
import { whileLate } from "./words";

/** A payment that is late: how much, until when everything goes on, and where to pay it. */
export function LateNotice({ overview, canPay }: { overview: OverviewOutput; canPay: boolean }) {
  const zone = useTimeZone();
  const now = useNow();
  const { status, openInvoice, graceUntil } = overview;
  if (status !== "past_due" && status !== "unpaid") return null;
  const amount = openInvoice ? ` of ${formatMoney(openInvoice.amountCents)}` : "";
  const next = openInvoice?.nextAttemptAt
    ? ` The card is tried again on ${formatDay(openInvoice.nextAttemptAt, zone)}.`
    : "";
  const action = openInvoice && canPay && (
    <a href={openInvoice.url} target="_blank" rel="noreferrer" className={buttonClass("plain", "small")}>
      Pay the invoice<span className="sr-only">, in a new tab</span>
    </a>
  );
  if (status === "unpaid") {
    return (
      <Notice kind="stopped" title={`Your payment${amount} is still open`} action={action}>
        Until it is paid no plan tokens are added, and no app can be turned on.{" "}
        {overview.balance === 0
          ? "Your tokens have run out, so your widgets are paused until it is paid, or a pack is bought."
          : "Apps that are on go on with tokens from packs, which stay yours."}
      </Notice>
    );
  }
  return (
    <Notice kind="soon" title={`Your payment${amount} did not go through`} action={action}>
      {whileLate(overview, graceUntil !== null && Date.parse(graceUntil) > now ? formatDay(graceUntil, zone) : null)}
      {next}
    </Notice>
  );
}
