import { NuqsAdapter } from "nuqs/adapters/next/app";
import type { ReactNode } from "react";
import { currentSession } from "@/auth/session";
import { isStaff } from "@/auth/staff-gate";
import { Announcer } from "@/components/announcer";
import { FocusKeeper } from "@/components/focus-keeper";
import { BrokenBridgeDrawing } from "@/components/icons/drawings";
import { TimeZoneProvider } from "@/components/time";
import { Toaster } from "@/components/toaster";
import { BannerStrip } from "@/features/admin/components/banner-strip";
import { StandingBanner } from "@/features/billing/components/standing-banner";
import { TrpcProvider } from "@/trpc/client";
import { getQueryClient, HydrateClient, trpc } from "@/trpc/server";
import { MessagePage } from "../message";
import { Reload } from "./reload";
import { Shell } from "./shell";
import { StillHere } from "./still-here";
import { ToSignIn } from "./to-sign-in";

/** The signed-in half of the product. Nobody gets in without a live session row; what each may see is asked again below. */
export default async function SignedInLayout({ children }: { children: ReactNode }) {
  const gate = await currentSession();
  if (gate.state === "out") return <ToSignIn />;
  if (gate.state === "unavailable") {
    return (
      <MessagePage drawing={<BrokenBridgeDrawing />} title="Our database cannot be reached" action={<Reload />}>
        <p>
          We cannot show your pages at the moment. Your shops&rsquo; widgets go on, every use is still counted, and
          nothing is lost. We look again every ten seconds.
        </p>
      </MessagePage>
    );
  }
  const { user, customer, role, permissions } = gate.session;
  const whose = `${user.id} ${customer.id}`;
  const sees = { seesBalance: permissions.has("usage:read"), seesBilling: permissions.has("billing:read") };
  // Brought along, so that a banner is there with the page and moves nothing.
  const queries = getQueryClient();
  const [staff] = await Promise.all([
    isStaff(gate.session),
    queries.prefetchQuery(trpc.admin.bannersNow.queryOptions(undefined, { retry: false })),
    sees.seesBalance && queries.prefetchQuery(trpc.metering.balance.queryOptions(undefined, { retry: false })),
    sees.seesBilling && queries.prefetchQuery(trpc.billing.standing.queryOptions(undefined, { retry: false })),
  ]);
  return (
    <TrpcProvider key={whose} whose={whose}>
      <TimeZoneProvider timeZone={customer.timeZone}>
        <Shell
          user={{ name: user.name, email: user.email }}
          brand={customer.name}
          role={role}
          permissions={[...permissions]}
          staff={staff}
        >
          <HydrateClient>
            <BannerStrip />
            {/* The house of the platform's own people buys no tokens: that it has none is no news. */}
            <StandingBanner
              {...sees}
              seesBalance={sees.seesBalance && !staff}
              canPay={permissions.has("billing:write")}
            />
          </HydrateClient>
          <NuqsAdapter>{children}</NuqsAdapter>
        </Shell>
        <StillHere idleMinutes={gate.session.idleMinutes} />
        <Announcer />
        <FocusKeeper />
        <Toaster />
      </TimeZoneProvider>
    </TrpcProvider>
  );
}
