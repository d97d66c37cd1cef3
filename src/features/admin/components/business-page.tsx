"use client";

import { useQuery } from "@tanstack/react-query";
import { ChartCard } from "@/components/chart/chart-card";
import { ShareList } from "@/components/chart/share-list";
import { SignedBars } from "@/components/chart/signed-bars";
import { EmptyState } from "@/components/empty-state";
import { formatCount, formatMoney, formatTokens } from "@/components/format";
import { EmptyLedgerDrawing } from "@/components/icons/drawings";
import { PageTitle } from "@/components/page-title";
import { QueryError, useSessionEnd } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { ClockTime } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import type { Figures, Movement } from "../figures/contract";
import { Stat, Stats } from "./stat";
import { monthOf, SOURCES, STEPS, spanOf } from "./words";

const LAYERS = [
  { name: "New", color: "var(--accent)", of: (one: Movement) => one.fresh },
  { name: "Back", color: "var(--app-fit-001)", of: (one: Movement) => one.back },
  { name: "More", color: "var(--app-vto-001)", of: (one: Movement) => one.expansion },
  { name: "Less", color: "var(--app-frf-001)", of: (one: Movement) => -one.contraction },
  { name: "Ended", color: "var(--app-sty-001)", of: (one: Movement) => -one.churn },
] as const;

/** The business in figures: what comes in, what is used, how far brands get, and what is owed in tokens. */
export function BusinessPage() {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.admin.figures.queryOptions());
  useSessionEnd(error);
  return (
    <div className="grid gap-6">
      <PageTitle title="Business">
        {data ? (
          <>
            {formatCount(data.customers)} {data.customers === 1 ? "brand" : "brands"}.{" "}
            <span className="text-ink-3">
              As of <ClockTime iso={data.asOf} />
            </span>
          </>
        ) : (
          "What comes in, what is used, and what is owed in tokens."
        )}
      </PageTitle>
      {error && !data && <QueryError what="The figures" error={error} retry={refetch} />}
      {!data && !error && <Skeleton className="h-96 w-full" />}
      {data && <Shown data={data} />}
    </div>
  );
}

const counted = (count: number, what: string): string => `${formatCount(count)} ${what}${count === 1 ? "" : "s"}`;

function Shown({ data }: { data: Figures }) {
  const { mrr, liability, timeToFirstToken: first } = data;
  const moved = mrr.movements.some((one) => LAYERS.some(({ of }) => of(one) !== 0));
  const owed = liability.sources.reduce((sum, { tokens }) => sum + tokens, 0);
  const paid = liability.sources.reduce((sum, { cents }) => sum + cents, 0);
  const part = (brands: number) => (data.customers === 0 ? null : `${Math.round((brands / data.customers) * 100)} %`);
  const soon = liability.sources.reduce((sum, one) => sum + one.soon, 0);
  return (
    <>
      <Stats>
        <Stat
          name="Recurring revenue"
          about="The prices of all active subscriptions, a month. Plans that were given and packs do not count."
          note={`${counted(mrr.subscriptions, "subscription")}, ${counted(mrr.given, "plan")} given`}
        >
          {formatMoney(mrr.cents)}
        </Stat>
        <Stat
          name="Consumption rate"
          about="Tokens a day over the last 30 days, by the tokens of the plan's month; the mean of all brands with a limited plan. 3.3 % a day uses a plan up."
          note="of a plan's month, a day"
        >
          {data.consumptionRate === null ? "–" : `${(data.consumptionRate * 100).toFixed(1)} %`}
        </Stat>
        <Stat name="Adoption" about="Apps turned on, divided by all brands." note="apps a brand">
          {data.adoption.perCustomer.toFixed(2)}
        </Stat>
        <Stat
          name="Time to first token"
          about="From a brand's beginning to its first paid use: half of them were quicker. Brands without a use are left out."
          note={first ? `nine in ten within ${spanOf(first.p90)}; ${counted(first.brands, "brand")}` : "no brand yet"}
        >
          {first ? spanOf(first.median) : "–"}
        </Stat>
      </Stats>
      <ChartCard
        title="Movements of recurring revenue"
        hint="What changed each month, at the plans' prices: new brands, brands that came back, larger and smaller plans, and ends. The last month is not over."
        file="recurring-revenue"
        figures={{
          columns: ["Month", "Opening", "New", "Back", "More", "Less", "Ended", "Closing"],
          rows: mrr.movements.map((one) => ({
            key: one.month,
            cells: [
              monthOf(one.month),
              ...[one.opening, one.fresh, one.back, one.expansion, -one.contraction, -one.churn, one.closing].map(
                (cents) => cents / 100,
              ),
            ],
          })),
          format: (value) => formatMoney(value * 100),
        }}
        note={
          moved && (
            <ul className="flex flex-wrap gap-x-5 gap-y-1.5">
              {LAYERS.map(({ name, color }) => (
                <li key={name} className="flex items-center gap-2 text-13">
                  <span aria-hidden="true" className="h-3 w-1 rounded-full" style={{ background: color }} />
                  {name}
                </li>
              ))}
            </ul>
          )
        }
      >
        {!moved ? (
          <EmptyState drawing={<EmptyLedgerDrawing />} title="Nothing has moved yet">
            <p>The first subscription that is paid is the first bar here. Plans that were given do not count.</p>
          </EmptyState>
        ) : (
          <SignedBars
            title="Movements of recurring revenue by month"
            bars={mrr.movements.map((one) => ({ key: one.month, values: LAYERS.map(({ of }) => of(one)) }))}
            layers={LAYERS}
            short={monthOf}
            format={formatMoney}
          />
        )}
      </ChartCard>
      <div className="grid gap-4 lg:grid-cols-2">
        <ChartCard
          title="How far brands get"
          hint="Brands by the steps from signing up to paying. Each step counts those who took all steps before it, whenever that was."
          file="how-far-brands-get"
          drawn={false}
          figures={{
            columns: ["Step", "Brands", "Of all brands"],
            rows: data.funnel.map(({ step, brands }) => ({ key: step, cells: [STEPS[step], brands, part(brands)] })),
            format: formatCount,
          }}
        >
          <ShareList
            bars="whole"
            total={data.customers}
            rows={data.funnel.map(({ step, brands }) => ({ key: step, name: STEPS[step], value: brands }))}
          />
        </ChartCard>
        <ChartCard
          title="Apps turned on"
          hint="Brands that have an app turned on now, paused ones left out, and what its uses cost in the last 30 days."
          file="apps-turned-on"
          drawn={false}
          figures={{
            columns: ["App", "Brands", "Of all brands", "Tokens, 30 days"],
            rows: data.adoption.apps.map(({ appId, name, customers, tokens30 }) => ({
              key: appId,
              cells: [name, customers, part(customers), tokens30],
            })),
            format: formatCount,
          }}
        >
          <ShareList
            bars="whole"
            total={data.customers}
            rows={data.adoption.apps.map(({ appId, name, customers }) => ({ key: appId, name, value: customers }))}
          />
        </ChartCard>
        <ChartCard
          className="lg:col-span-2"
          title="Owed in tokens"
          hint="Tokens that brands hold and have not used, by where they came from, as the ledger has them; test accounts and plans without end left out. What was paid for them is the price of the packs they are left of."
          file="owed-in-tokens"
          drawn={false}
          figures={{
            columns: ["From", "Tokens", "Expire in 30 days", "Paid for"],
            rows: liability.sources.map(({ source, tokens, soon, cents }) => ({
              key: source,
              cells: [SOURCES[source], tokens, soon, cents / 100],
            })),
            format: (value, column) => (column === 3 ? formatMoney(value * 100) : formatCount(value)),
          }}
        >
          <div className="grid gap-5">
            <p className="text-14 text-ink-2">
              <span className="figures text-20 font-semibold text-ink">{formatTokens(owed)}</span> that brands have and
              have not used, {formatMoney(paid)} of them paid for. {formatTokens(soon)} expire within 30 days.
            </p>
            <ShareList
              bars="whole"
              total={owed}
              rows={liability.sources.map(({ source, tokens }) => ({
                key: source,
                name: SOURCES[source],
                value: tokens,
              }))}
              columns
            />
          </div>
        </ChartCard>
      </div>
    </>
  );
}
