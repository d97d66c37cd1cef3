"use client";

import { Badge } from "@/components/badge";
import { Card } from "@/components/card";
import { useNow } from "@/components/clock";
import { cx } from "@/components/cx";
import { EmptyState } from "@/components/empty-state";
import { Figure } from "@/components/figure";
import { formatCount, formatDay, formatExact, formatMoney, formatRelative, formatTokens } from "@/components/format";
import { EmptyLedgerDrawing } from "@/components/icons/drawings";
import { Skeleton } from "@/components/skeleton";
import { useTimeZone } from "@/components/time";
import type { OverviewOutput } from "../contract";
import { monthName } from "./words";

type Grant = OverviewOutput["grants"][number];

const DAY_MS = 86_400_000;
/** The least and the most time the drawing spans. */
const SPAN_MS = [30 * DAY_MS, 400 * DAY_MS] as const;

/** The balance, and what it is made of: each grant with how much of it is left and for how long. */
export function GrantsCard({ overview }: { overview: OverviewOutput | undefined }) {
  return (
    <Card title="Tokens">
      <div className="grid gap-5 px-4 pb-5 md:px-5">
        <Figures overview={overview} />
        {overview ? <Grants grants={overview.grants} /> : <Skeleton className="h-40 w-full" />}
      </div>
    </Card>
  );
}

function Figures({ overview }: { overview: OverviewOutput | undefined }) {
  const month = overview && monthName(overview.spend.from.slice(0, 7));
  return (
    <dl className="flex flex-wrap gap-x-10 gap-y-4">
      <div>
        <dt className="text-12 text-ink-3">Balance</dt>
        <dd className="min-h-9 text-28 font-semibold">
          {!overview ? (
            <Skeleton className="mt-1 h-7 w-28" />
          ) : overview.unlimited ? (
            "Unlimited"
          ) : (
            <>
              <Figure value={overview.balance ?? 0} />{" "}
              <span className="text-14 font-normal text-ink-2">{overview.balance === 1 ? "token" : "tokens"}</span>
            </>
          )}
        </dd>
      </div>
      <Spent label={month ? `Used in ${month}, UTC` : "Used this month"}>
        {overview && formatTokens(overview.spend.tokensUsed)}
      </Spent>
      <Spent label={month ? `Paid in ${month}, UTC` : "Paid this month"}>
        {overview && formatMoney(overview.spend.paidCents)}
      </Spent>
    </dl>
  );
}

function Spent({ label, children }: { label: string; children: string | undefined }) {
  return (
    <div>
      <dt className="text-12 text-ink-3">{label}</dt>
      <dd className="figures flex min-h-9 items-center text-16 font-medium">
        {children ?? <Skeleton className="h-5 w-24" />}
      </dd>
    </div>
  );
}

function Grants({ grants }: { grants: Grant[] }) {
  const now = useNow();
  if (grants.length === 0) {
    return (
      <EmptyState drawing={<EmptyLedgerDrawing />} title="No tokens">
        <p>Tokens from a plan or a pack will stand here, with how long each lasts.</p>
      </EmptyState>
    );
  }
  const longest = Math.max(0, ...grants.map((grant) => (grant.expiresAt ? Date.parse(grant.expiresAt) - now : 0)));
  const span = Math.min(SPAN_MS[1], Math.max(SPAN_MS[0], longest));
  const first = grants.find((grant) => grant.remaining > 0);
  return (
    <div className="grid gap-3">
      <ul className="grid gap-4" aria-label="Tokens in the order in which they are spent">
        {grants.map((grant) => (
          <GrantRow key={grant.grantId} grant={grant} now={now} span={span} first={grant === first} />
        ))}
      </ul>
      <p className="text-12 text-ink-3">
        Spent from the top. A bar&rsquo;s length is the time left, of {Math.round(span / DAY_MS)} days; what is filled
        is what remains.
      </p>
    </div>
  );
}

/** One grant: its bar is as long as it lasts, and filled as far as it is unspent. */
function GrantRow({ grant, now, span, first }: { grant: Grant; now: number; span: number; first: boolean }) {
  const zone = useTimeZone();
  const left = grant.expiresAt ? Math.max(0, Date.parse(grant.expiresAt) - now) : undefined;
  // A grant that lasts for ever runs to the edge; the others end before it.
  const length = left === undefined ? 100 : Math.max(2, Math.min(92, (left / span) * 92));
  const share = grant.tokens === 0 ? 0 : Math.min(1, grant.remaining / grant.tokens);
  const soon = left !== undefined && left < 7 * DAY_MS && grant.remaining > 0;
  return (
    <li className="grid gap-1.5">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <span className="flex min-w-0 items-baseline gap-2">
          <span className="text-14 font-medium wrap-anywhere">{grant.label}</span>
          {first && <Badge tone="accent">Next to be spent</Badge>}
        </span>
        <span className="figures text-13 text-ink-2">
          <span className="font-medium text-ink">{formatCount(grant.remaining)}</span> of {formatTokens(grant.tokens)}
        </span>
      </div>
      <div className="h-2 rounded-full bg-inset" aria-hidden="true">
        <div
          className="h-full overflow-hidden rounded-full border border-line-control"
          style={{ width: `${length}%` }}
          suppressHydrationWarning
        >
          <div className={cx("h-full", soon ? "bg-amber" : "bg-accent")} style={{ width: `${share * 100}%` }} />
        </div>
      </div>
      <p className={cx("text-12", soon ? "text-amber" : "text-ink-3")}>
        {grant.expiresAt ? (
          <time dateTime={grant.expiresAt} title={formatExact(grant.expiresAt, zone)} suppressHydrationWarning>
            Expires {formatDay(grant.expiresAt, zone)}, {formatRelative(grant.expiresAt, now)}
          </time>
        ) : (
          "Does not expire"
        )}
      </p>
    </li>
  );
}
