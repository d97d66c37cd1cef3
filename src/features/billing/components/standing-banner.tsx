"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { buttonClass } from "@/components/button";
import { Notice } from "@/components/notice";
import { useTRPC } from "@/trpc/client";
import { lateWords } from "./words";

/** Often enough for news that stands above every page. */
const EVERY = { refetchInterval: 60_000, retry: false, staleTime: 30_000 } as const;

/**
 * What stands above every page while tokens have run out, or a payment is late or waits to be confirmed, and who can do something about it. The
 * pages that tell it themselves, in full, are left alone.
 */
export function StandingBanner({
  seesBalance,
  seesBilling,
  canPay,
}: {
  seesBalance: boolean;
  seesBilling: boolean;
  canPay: boolean;
}) {
  const trpc = useTRPC();
  const path = usePathname();
  const balance = useQuery(trpc.metering.balance.queryOptions(undefined, { ...EVERY, enabled: seesBalance })).data;
  const standing = useQuery(trpc.billing.standing.queryOptions(undefined, { ...EVERY, enabled: seesBilling })).data;
  const status = standing?.status;
  const confirming = standing?.confirming;
  const late = status === "past_due" || status === "unpaid";
  const out = seesBalance && balance?.balance === 0 && !balance.untouched && balance.source !== "ledger";
  const toBilling = (
    <Link href="/billing" className={buttonClass("plain", "small")}>
      Open billing
    </Link>
  );
  const who = canPay ? "" : " An admin of your brand can mend it.";
  if (late && path !== "/billing") {
    const { kind, title, text } = lateWords(status, Boolean(out));
    return (
      <div className="mb-6">
        <Notice kind={kind} title={title} action={toBilling}>
          {text}
          {who}
        </Notice>
      </div>
    );
  }
  if (confirming && canPay && path !== "/billing") {
    return (
      <div className="mb-6">
        <Notice kind="soon" title={`${confirming} waits for you to confirm its payment`} action={toBilling}>
          Your bank asks for it. Until then your present plan goes on, and nothing is charged.
        </Notice>
      </div>
    );
  }
  if (out && path !== "/overview") {
    return (
      <div className="mb-6">
        <Notice kind="stopped" title="The tokens have run out" action={path !== "/billing" && seesBilling && toBilling}>
          Your widgets are paused; nothing was lost.{" "}
          {canPay
            ? `${late ? "Pay the open invoice or buy a pack" : "Buy a pack or upgrade"} to go on.`
            : "An admin of your brand can buy more."}
        </Notice>
      </div>
    );
  }
  return null;
}
