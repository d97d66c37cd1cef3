"use client";

import Link from "next/link";
import { buttonClass } from "@/components/button";
import { formatTokens } from "@/components/format";
import { Notice } from "@/components/notice";
import { PageTitle } from "@/components/page-title";
import { QueryError } from "@/components/query-error";
import { CheckoutReturn } from "./checkout-return";
import { ConfirmNotice } from "./confirm-notice";
import { DetailsCard } from "./details-card";
import { GrantsCard } from "./grants-card";
import { InvoicesCard } from "./invoices-card";
import { LateNotice } from "./late-notice";
import { OverageCard } from "./overage-card";
import { PacksCard } from "./packs-card";
import { PaymentCard } from "./payment-card";
import { PlanCard } from "./plan-card";
import { PurchasesCard } from "./purchases-card";
import { StatementCard } from "./statement-card";
import { useOverview } from "./use-billing";

/** What a brand has, pays and spends. `canWrite` shows what only an admin may press. */
export function BillingPage({ canWrite }: { canWrite: boolean }) {
  const { data, error, refetch } = useOverview();
  const canBuy = canWrite && data?.configured === true;
  // Said once above; the cards that would stand there for ever without it are left out until it has come.
  const missing = error !== null && !data;
  return (
    <div className="grid gap-6">
      <PageTitle
        title="Billing"
        action={
          canWrite && (
            <Link href="/billing/plans" className={buttonClass(data?.configured === false ? "plain" : "main")}>
              {data?.configured === false ? "Compare plans" : data?.plan ? "Change plan" : "Choose a plan"}
            </Link>
          )
        }
      >
        {canWrite
          ? "What you have, what you pay, and where every token went."
          : "You can look at everything here. To buy or change something, ask an admin of your brand."}
      </PageTitle>
      <CheckoutReturn />
      {missing && <QueryError what="Your plan and tokens" error={error} retry={refetch} />}
      {data && !data.configured && (
        <Notice kind="info" title="Payments are not set up here">
          Tokens and statements are shown as they are; nothing can be bought until a payment provider is connected.
        </Notice>
      )}
      {data && <ConfirmNotice overview={data} canPay={canWrite} />}
      {data && <LateNotice overview={data} canPay={canWrite} />}
      {data?.providerAway && (
        <Notice kind="soon" title="The payment provider cannot be reached">
          Cards and the next invoice are missing below, not gone. Your tokens and apps are not touched by it.
        </Notice>
      )}
      {data && data.tokensOwed > 0 && (
        <Notice kind="soon" title={`${formatTokens(data.tokensOwed)} were spent and then refunded`}>
          Their price was given back after they had been used. The purchases below say which.
        </Notice>
      )}
      <div className="grid gap-4 lg:grid-cols-12 [&>*]:min-w-0">
        {!missing && (
          <>
            <div className="grid lg:col-span-8">
              <GrantsCard overview={data} />
            </div>
            <div className="grid lg:col-span-4">
              <PlanCard overview={data} canWrite={canBuy} />
            </div>
          </>
        )}
        <div className={missing ? "grid lg:col-span-12" : "grid lg:col-span-8"}>
          <PacksCard overview={data} canBuy={canBuy} />
        </div>
        {!missing && (
          <div className="grid lg:col-span-4">
            <PaymentCard overview={data} canWrite={canBuy} />
          </div>
        )}
        <div className="lg:col-span-12">
          <OverageCard canWrite={canBuy} />
        </div>
        <div className="lg:col-span-12">
          <PurchasesCard />
        </div>
        <div className="grid lg:col-span-8">
          <InvoicesCard />
        </div>
        <div className="grid lg:col-span-4">
          <DetailsCard canWrite={canBuy} />
        </div>
        <div className="lg:col-span-12">
          <StatementCard />
        </div>
      </div>
    </div>
  );
}
