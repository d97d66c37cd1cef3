"use client";

import { buttonClass } from "@/components/button";
import { formatDay, formatMoney } from "@/components/format";
import { Notice } from "@/components/notice";
import { useTimeZone } from "@/components/time";
import type { OverviewOutput } from "../contract";

/** A payment that is late: how much, until when everything goes on, and where to pay it. */
export function LateNotice({ overview, canPay }: { overview: OverviewOutput; canPay: boolean }) {
  const zone = useTimeZone();
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
  return status === "past_due" ? (
    <Notice kind="soon" title={`Your payment${amount} did not go through`} action={action}>
      {graceUntil
        ? `Your apps and tokens go on as before until ${formatDay(graceUntil, zone)}.`
        : "Your apps and tokens go on as before while it is tried again."}
      {next}
    </Notice>
  ) : (
    <Notice kind="stopped" title={`Your payment${amount} is still open`} action={action}>
      No plan tokens are added, and apps that need a plan are paused until it is paid. Tokens from packs stay, and can
      still be spent.
    </Notice>
  );
}
