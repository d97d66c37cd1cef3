import Link from "next/link";
import { buttonClass } from "@/components/button";
import type { AppPage } from "@/features/catalog/contract";
import { TIER_NAMES } from "@/features/catalog/rules";

type App = Pick<AppPage, "name" | "tier" | "plan" | "planInForce">;

/** What stands between a brand and an app that its plan does not cover, and what has it out of the way. */
export function planNeed(app: App): { title: string; why: string; way: string } {
  const needed = TIER_NAMES[app.tier];
  return app.planInForce
    ? {
        title: `${app.name} needs the ${needed} plan`,
        why: `Your plan is ${app.plan ?? "another one"}`,
        way: `With ${needed} you can turn it on at once. What you have set up stays as it is.`,
      }
    : {
        title: `${app.name} needs a plan in force`,
        why: `Your plan${app.plan ? `, ${app.plan},` : ""} is not in force`,
        way: "It has ended, or a payment is open. Once that is settled you can turn it on; what you have set up stays as it is.",
      };
}

/** The way to the plan that an app needs, or to what is open on the one there is. */
export function ToPlan({ app, look }: { app: App; look: "main" | "plain" }) {
  return app.planInForce ? (
    <Link href={`/billing/plans?plan=${app.tier}`} className={buttonClass(look)}>
      See the {TIER_NAMES[app.tier]} plan
    </Link>
  ) : (
    <Link href="/billing" className={buttonClass(look)}>
      Open billing
    </Link>
  );
}
