"use client";

import type { ReactNode } from "react";
import { ChartCard } from "@/components/chart/chart-card";
import { ShareList } from "@/components/chart/share-list";
import { WeekGrid, weekHour } from "@/components/chart/week-grid";
import { formatCount, formatTokens } from "@/components/format";
import type { Dashboard, Parts } from "../dashboard/contract";
import { changeOf } from "../dashboard/rules";
import { changeWords, countryName, upToWords } from "./words";

/** The period's tokens by hour of the week, app, key, product and country. */
export function Breakdowns({ data }: { data: Dashboard }) {
  const file = (name: string) => `tokens-by-${name}-${data.from}-${data.to}`;
  return (
    <>
      <ChartCard
        className="lg:col-span-8"
        title="Hour of the week"
        hint={
          <>
            Tokens by weekday and hour of your brand&rsquo;s clock, {data.timeZone}, all weeks of the period together.
          </>
        }
        file={file("hour")}
        figures={{
          columns: ["Hour", "Tokens"],
          rows: data.hours.map((tokens, hour) => ({ key: String(hour), cells: [weekHour(hour), tokens] })),
          format: formatCount,
        }}
      >
        <WeekGrid title="Tokens by hour of the week" hours={data.hours} />
      </ChartCard>
      <div className="grid content-start gap-4 lg:col-span-4">
        <ChartCard
          title="Apps"
          hint={`Tokens by app, with the change${upToWords(data)} against the period before in the table.`}
          file={file("app")}
          drawn={false}
          figures={{
            columns: ["App", "Tokens", "Sessions", "Tokens per session", "Tokens before", `Change${upToWords(data)}`],
            rows: data.apps.map(({ appId, name, tokens, sessions, tokensBefore, compared }) => {
              const change = changeOf(compared.tokens, compared.tokensBefore);
              const each = sessions === 0 ? null : Math.round((tokens / sessions) * 100) / 100;
              return {
                key: appId,
                cells: [name, tokens, sessions, each, tokensBefore, change === null ? null : changeWords(change)],
              };
            }),
            format: (value, column) => (column === 3 ? value.toFixed(2) : formatCount(value)),
          }}
        >
          <ShareList
            rows={data.apps.map(({ appId, name, tokens }) => ({ key: appId, name, value: tokens }))}
            total={data.totals.tokens}
          />
        </ChartCard>
        <PartsCard
          title="API keys"
          parts={data.keys}
          total={data.totals.tokens}
          file={file("key")}
          one="key"
          unknown="Key not recorded"
          hint="Tokens by the key that each use came with."
          missing={null}
        />
      </div>
      <PartsCard
        className="lg:col-span-8"
        columns
        title="Products"
        parts={data.products}
        total={data.totals.tokens}
        file={file("product")}
        one="product"
        unknown="Product not recorded"
        hint={
          <>
            Tokens by the <code className="font-mono text-12">product_id</code> in the metadata of each use.
          </>
        }
        missing={
          <>
            Not recorded. Send <code className="font-mono text-12">product_id</code> in a use&rsquo;s metadata to see
            which frames are tried.
          </>
        }
      />
      <PartsCard
        className="lg:col-span-4"
        title="Countries"
        parts={data.countries}
        total={data.totals.tokens}
        file={file("country")}
        one="country"
        nameOf={countryName}
        unknown="Country not recorded"
        hint={
          <>
            Tokens by the <code className="font-mono text-12">country</code> in the metadata of each use. Nothing is
            guessed from an address.
          </>
        }
        missing={
          <>
            Not recorded, and not guessed from addresses. Send <code className="font-mono text-12">country</code>, such
            as DE, in a use&rsquo;s metadata.
          </>
        }
      />
    </>
  );
}

function PartsCard({
  className,
  columns = false,
  title,
  parts: { parts, others, unknown },
  total,
  file,
  one,
  unknown: unknownName,
  nameOf = (name) => name,
  hint,
  missing,
}: {
  className?: string;
  columns?: boolean;
  title: string;
  parts: Parts;
  total: number;
  file: string;
  one: string;
  unknown: string;
  nameOf?: (name: string) => string;
  hint: ReactNode;
  /** What to say where no use told it. */
  missing: ReactNode;
}) {
  const rows = [
    ...parts.map(({ value, name, tokens, sessions }) => ({
      key: value,
      name: nameOf(name),
      tokens,
      sessions,
      quiet: false,
    })),
    { key: " others", name: `${formatCount(others.count)} more`, ...others, quiet: true },
    { key: " unknown", name: unknownName, ...unknown, quiet: true },
  ].filter(({ tokens }) => tokens > 0);
  return (
    <ChartCard
      className={className}
      title={title}
      hint={hint}
      file={file}
      drawn={false}
      figures={{
        columns: [one[0]?.toUpperCase() + one.slice(1), "Tokens", "Sessions"],
        rows: rows.map(({ key, name, tokens, sessions }) => ({ key, cells: [name, tokens, sessions] })),
        format: formatCount,
      }}
    >
      {parts.length === 0 && missing ? (
        <p className="text-13 text-ink-2">
          {missing} <span className="sr-only">{formatTokens(total)} in all.</span>
        </p>
      ) : (
        <ShareList
          rows={rows.map(({ tokens, ...row }) => ({ ...row, value: tokens }))}
          total={total}
          columns={columns}
        />
      )}
    </ChartCard>
  );
}
