import { buttonClass } from "@/components/button";
import { formatMoney, formatTokens } from "@/components/format";
import { AppIcon } from "@/components/icons/apps";
import { ArrowIcon } from "@/components/icons/interface";
import { Wordmark } from "@/components/icons/mark";
import { APPS } from "./landing/apps";
import { Bench } from "./landing/bench";
import { Excerpt } from "./landing/excerpt";
import { PACKS, PLANS } from "./landing/plans";

const PROMISES = [
  {
    title: "Never charged twice",
    words: "A reload, a slow network or a repeated call is recognised, and the first answer is given again.",
  },
  {
    title: "Never below zero",
    words: "When the tokens run out, the widgets pause and your shop’s pages go on. Nothing is owed.",
  },
  {
    title: "Never out of sight",
    words: "Every token has a line in the ledger, and a line is never changed once it is written.",
  },
];

/** What the product is, for someone who runs an eyewear brand. Stands without a database. */
export default function LandingPage() {
  return (
    <>
      <header className="mx-auto flex h-18 w-full max-w-page items-center justify-between gap-4 px-5 md:px-8">
        <Wordmark />
        {/* A visit of its own and no soft change of page, which would keep this page's policy for scripts. */}
        <nav aria-label="Main" className="flex items-center gap-2">
          <a href="/docs" className={buttonClass("quiet")}>
            Guides
          </a>
          <a href="/sign-in" className={buttonClass("plain")}>
            Sign in
          </a>
        </nav>
      </header>
      <main className="mx-auto w-full max-w-page px-5 md:px-8">
        <section className="pt-10 pb-14 md:pt-16 md:pb-16">
          <h1 className="max-w-[20ch] text-40 font-semibold text-balance">
            AI services for your eyewear shop, counted to the token
          </h1>
          <p className="mt-5 max-w-[56ch] text-16 text-pretty text-ink-2 md:text-20">
            Turn an app on, paste one line into your shop, and shoppers can try on frames, measure their pupillary
            distance or ask for advice. Each use takes a few tokens, and you see every one of them.
          </p>
          <p className="mt-7 flex flex-wrap items-center gap-x-6 gap-y-3">
            <a href="/sign-up" className={buttonClass("main")}>
              Create your brand
              <ArrowIcon size={18} />
            </a>
            <a
              href="#prices"
              className="inline-flex min-h-6 items-center rounded-control text-14 font-medium text-ink-2 underline decoration-line-control underline-offset-4 hover:text-ink"
            >
              See what each app takes
            </a>
          </p>
        </section>

        <section aria-labelledby="flow" className="pb-20">
          <h2 id="flow" className="sr-only">
            How a use is counted
          </h2>
          <Bench />
        </section>

        <section id="prices" aria-labelledby="prices-title" className="scroll-mt-6 border-t border-line py-14">
          <div className="mb-6 grid gap-1 md:mb-8">
            <h2 id="prices-title" className="text-28 font-semibold">
              Ten apps, one price each
            </h2>
            <p className="max-w-prose text-16 text-ink-2">
              The price is per use and the same for every shopper. You pay with tokens from your plan or from packs.
            </p>
          </div>
          <ul className="grid gap-x-10 md:grid-cols-2">
            {APPS.map((app) => (
              <li key={app.id} className="flex items-center gap-4 border-b border-line py-4">
                <AppIcon appId={app.id} size={40} />
                <div className="min-w-0 flex-1">
                  <h3 className="text-16 font-medium">{app.name}</h3>
                  <p className="text-14 text-ink-2">{app.does}</p>
                </div>
                <p className="figures shrink-0 text-right text-14 font-medium">
                  {app.from && "from "}
                  {formatTokens(app.tokens)}
                </p>
              </li>
            ))}
          </ul>
        </section>

        <section aria-labelledby="plans-title" className="border-t border-line py-14">
          <h2 id="plans-title" className="text-28 font-semibold">
            A plan by the month, more when you need it
          </h2>
          <ul className="mt-6 grid border-y border-line md:mt-8 md:grid-cols-3 md:divide-x md:divide-line">
            {PLANS.map((plan) => (
              <li
                key={plan.id}
                className="border-b border-line py-6 last:border-b-0 md:border-b-0 md:px-8 md:first:pl-0 md:last:pr-0"
              >
                <h3 className="text-16 font-medium">{plan.name}</h3>
                <p className="mt-2 flex items-baseline gap-2">
                  <span className="figures text-28 font-semibold">{formatMoney(plan.cents)}</span>
                  <span className="text-14 text-ink-2">a month</span>
                </p>
                <p className="mt-2 text-16">
                  {plan.tokens === null ? "Unlimited tokens" : `${formatTokens(plan.tokens)} each month`}
                </p>
                <p className="mt-1 text-14 text-ink-2">{plan.for}</p>
              </li>
            ))}
          </ul>
          <p className="mt-5 max-w-prose text-14 text-ink-2">
            Packs add tokens at any time, from {formatTokens(PACKS.from.tokens)} for {formatMoney(PACKS.from.cents)} to{" "}
            {formatTokens(PACKS.to.tokens)} for {formatMoney(PACKS.to.cents)}. A plan can be changed or ended whenever
            you like.
          </p>
        </section>

        <section
          aria-labelledby="promises"
          className="grid gap-10 border-t border-line py-14 lg:grid-cols-2 lg:items-center lg:gap-16"
        >
          <div>
            <h2 id="promises" className="text-28 font-semibold">
              What you can hold us to
            </h2>
            <dl className="mt-6 grid gap-5">
              {PROMISES.map((promise) => (
                <div key={promise.title} className="border-l-2 border-accent pl-4">
                  <dt className="text-16 font-medium">{promise.title}</dt>
                  <dd className="max-w-[52ch] text-14 text-ink-2">{promise.words}</dd>
                </div>
              ))}
            </dl>
          </div>
          <Excerpt />
        </section>
      </main>
      <footer className="border-t border-line">
        <div className="mx-auto flex w-full max-w-page flex-wrap items-center justify-between gap-3 px-5 py-6 md:px-8">
          <Wordmark />
          <p className="flex flex-wrap items-center gap-x-5 gap-y-1 text-13 text-ink-3">
            A marketplace of AI services for eyewear brands.
            <a href="/docs" className="inline-flex min-h-6 items-center underline underline-offset-4 hover:text-ink">
              Guides
            </a>
            <a
              href="/docs/api"
              className="inline-flex min-h-6 items-center underline underline-offset-4 hover:text-ink"
            >
              API reference
            </a>
          </p>
        </div>
      </footer>
    </>
  );
}
