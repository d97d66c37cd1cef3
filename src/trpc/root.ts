import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { onboardingRouter } from "@/features/activations/onboarding/router";
import { activationsRouter } from "@/features/activations/router";
import { adminRouter } from "@/features/admin/router";
import { auditRouter } from "@/features/audit/router";
import { billingRouter } from "@/features/billing/router";
import { catalogRouter } from "@/features/catalog/router";
import { keysRouter } from "@/features/keys/router";
import { meteringRouter } from "@/features/metering/router";
import { notificationsRouter } from "@/features/notifications/router";
import { webhooksRouter } from "@/features/notifications/webhooks/router";
import { productsRouter } from "@/features/products/router";
import { teamRouter } from "@/features/team/router";
import { alertsRouter } from "@/features/usage/alerts/router";
import { insightsRouter } from "@/features/usage/insights/router";
import { usageRouter } from "@/features/usage/router";
import { router } from "./procedures";
import { profileRouter } from "./profile-router";
import { sessionRouter } from "./session-router";

/** Everything the web app can ask for. */
export const appRouter = router({
  session: sessionRouter,
  profile: profileRouter,
  team: teamRouter,
  audit: auditRouter,
  metering: meteringRouter,
  catalog: catalogRouter,
  activations: activationsRouter,
  onboarding: onboardingRouter,
  keys: keysRouter,
  products: productsRouter,
  billing: billingRouter,
  usage: usageRouter,
  insights: insightsRouter,
  admin: adminRouter,
  webhooks: webhooksRouter,
  alerts: alertsRouter,
  notifications: notificationsRouter,
});

/** All that a client component may know of the above: its types. */
export type AppRouter = typeof appRouter;
export type RouterInputs = inferRouterInputs<AppRouter>;
export type RouterOutputs = inferRouterOutputs<AppRouter>;
