"use client";

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { BurnUp } from "@/components/chart/burn-up";
import { ChartCard } from "@/components/chart/chart-card";
import { cx } from "@/components/cx";
import { formatCompact, formatCount, formatMoney, formatTokens } from "@/components/format";
import { QueryError } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { useTRPC } from "@/trpc/client";
import { datesOf } from "../dashboard/rules";
import type { Forecast } from "../forecast/contract";
import { longDate, shortDate } from "./words";

/** How often it is reckoned anew, ms. */
const AGAIN = 60_000;

/** How the period goes on: what it comes to, whether the tokens last, and what that costs. */
export function ForecastCard() {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(
    trpc.usage.forecast.queryOptions(undefined, { refetchInterval: AGAIN, retry: false }),
  );
  if (error && !data) return <QueryError what="The forecast" error={error} retry={refetch} />;
  if (!data) return <Skeleton className="h-90 rounded-card" />;
  return <Outlook data={data} />;
}

function Outlook({ data }: { data: Forecast }) {
  const { forecast, period, today, used, balance, unlimited } = data;
  const ahead = new Map(forecast?.days.map((day) => [day.date, day]));
  let sofar = 0;
  const past = new Map(
    data.past.map(({ date, tokens }) => {
      sofar += tokens;
      return [date, sofar];
    }),
  );
  const days = datesOf(period.from, period.to).map((date) => {
    const day = ahead.get(date);
    const known = past.get(date) ?? null;
    // The two lines meet where today has brought us.
    if (date === today) return { key: date, used: known, expected: known, band: [used, used] as const };
    return {
      key: date,
      used: known,
      expected: day?.expected ?? null,
      band: day ? ([day.low, day.high] as const) : null,
    };
  });
  const round = (value: number | null) => (value === null ? null : Math.round(value));
  return (
    <ChartCard
      title={period.subscription ? "This billing period" : "This month"}
      hint={
        <>
          Tokens used since {shortDate(period.from)}, added up, and how that goes on to {shortDate(period.to)}: the
          week&rsquo;s rhythm, the level and the trend of up to eight weeks, by means that one odd day does not move.
          The band holds the truth about four times in five.
        </>
      }
      file={`forecast-${today}`}
      figures={{
        columns: ["By the end of", "Used", "Expected", "Low", "High"],
        rows: days.map(({ key, used, expected, band }) => ({
          key,
          cells: [
            key,
            used,
            key === today ? round(ahead.get(key)?.expected ?? null) : round(used === null ? expected : null),
            round(used === null ? (band?.[0] ?? null) : null),
            round(used === null ? (band?.[1] ?? null) : null),
          ],
        })),
        format: formatCount,
      }}
    >
      <div className="grid gap-x-8 gap-y-5 lg:grid-cols-[minmax(0,1fr)_17rem]">
        <div className="min-w-0">
          <BurnUp
            title="Tokens used since the period began and expected to its end. The table holds every figure."
            days={days}
            available={unlimited || used + balance === 0 ? null : used + balance}
            today={today}
            runsOut={forecast?.runsOut.on ?? null}
            short={shortDate}
            long={longDate}
          />
        </div>
        <div className="grid content-start gap-4">
          <Verdict data={data} />
          <dl className="grid gap-2 text-13">
            <Fact name="Used so far">{formatTokens(used)}</Fact>
            {!unlimited && <Fact name="Left now">{formatTokens(balance)}</Fact>}
            {forecast && (
              <Fact name={`Expected by ${shortDate(period.to)}`} more={rangeWords(forecast.total)}>
                {formatTokens(Math.round(forecast.total.expected))}
              </Fact>
            )}
            {forecast && forecast.missing.expected > 0.5 && (
              <Fact name="Missing by then" more={rangeWords(forecast.missing)}>
                {formatTokens(Math.ceil(forecast.missing.expected))}
              </Fact>
            )}
            <Cost data={data} />
          </dl>
        </div>
      </div>
    </ChartCard>
  );
}

const rangeWords = ({ low, high }: { low: number; high: number }): string =>
  `${formatCompact(Math.round(low))} – ${formatCompact(Math.round(high))}`;

/** The one sentence that matters. */
function Verdict({ data: { forecast, unlimited, balance, used, plan, period, today } }: { data: Forecast }) {
  if (balance === 0 && used === 0 && !unlimited) {
    // Nothing ended here: a brand that has not begun is not told that it ran out.
    return (
      <Says title="No tokens">
        {plan
          ? "They come with the plan’s payment; widgets wait until then."
          : "Choose a plan or buy a pack under Billing; widgets wait until then."}
      </Says>
    );
  }
  if (balance === 0 && !unlimited) {
    return (
      <Says tone="stopped" title="Tokens have run out">
        Your widgets are paused; nothing was lost. They go on as soon as tokens are added.
      </Says>
    );
  }
  if (!forecast) {
    return (
      <Says title="Too early to tell">A forecast needs fourteen days of use. Until then this shows what was used.</Says>
    );
  }
  if (unlimited) {
    return <Says title="No limit">Your plan has no end of tokens; this is what the period comes to.</Says>;
  }
  const { on, earliest, latest } = forecast.runsOut;
  if (on !== null) {
    return (
      <Says tone="stopped" title={on === today ? "Runs out today" : `Runs out on ${longDate(on).slice(0, -5)}`}>
        {earliest && earliest !== on && `${shortDate(earliest)} at the earliest, `}
        {latest ? (latest === on ? "hardly later" : `${shortDate(latest)} at the latest`) : "but it may just last"},
        four times in five. Your widgets pause then.
      </Says>
    );
  }
  if (earliest !== null) {
    return (
      <Says tone="soon" title="Should just last">
        To {shortDate(period.to)}; where use is high, tokens run out on {shortDate(earliest)}.
      </Says>
    );
  }
  return (
    <Says tone="done" title={`Lasts beyond ${shortDate(period.to)}`}>
      What is left covers {period.subscription ? "the billing period" : "the month"}, also where use is high.
    </Says>
  );
}

function Says({ tone, title, children }: { tone?: "stopped" | "soon" | "done"; title: string; children: ReactNode }) {
  return (
    <div className="grid gap-1">
      <p
        className={cx(
          "text-20 font-semibold",
          tone === "stopped" && "text-red",
          tone === "soon" && "text-amber",
          tone === "done" && "text-green",
        )}
      >
        {title}
      </p>
      <p className="text-13 text-ink-2">{children}</p>
    </div>
  );
}

function Fact({ name, more, children }: { name: string; more?: string; children: ReactNode }) {
  return (
    <div className="flex items-baseline justify-between gap-3 border-t border-line pt-2">
      <dt className="text-ink-2">{name}</dt>
      <dd className="figures text-right">
        {children}
        {more && <span className="block text-12 text-ink-3">{more}</span>}
      </dd>
    </div>
  );
}

/** What the period costs, as far as it can be told: the plan, and the packs that would cover what is missing. */
function Cost({ data: { plan, forecast } }: { data: Forecast }) {
  const packs = forecast?.packs ?? [];
  if (!plan && packs.length === 0) return null;
  const cents = (plan?.priceCents ?? 0) + (forecast?.packsCents ?? 0);
  const bought = packs.map(({ tokens, count }) => `${count} × ${formatCount(tokens)} tokens`).join(", ");
  const words = [plan && `${plan.name} ${formatMoney(plan.priceCents)}`, bought && `packs ${bought}`].filter(Boolean);
  return (
    <Fact name="The period will cost" more={words.join(" + ")}>
      {formatMoney(cents)}
    </Fact>
  );
}
