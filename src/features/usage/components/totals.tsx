import type { ReactNode } from "react";
import { Figure } from "@/components/figure";
import { formatCount } from "@/components/format";
import { Hint } from "@/components/hint";
import { InfoIcon } from "@/components/icons/interface";
import type { Dashboard } from "../dashboard/contract";
import { changeOf } from "../dashboard/rules";
import { ChangeLine } from "./change-line";
import { duration, spanWords, upToWords } from "./words";

/** The figures of the period in a row, each against the period before. */
export function Totals({ data }: { data: Dashboard }) {
  const { totals, compared } = data;
  const each = (of: Dashboard["totals"]) => (of.sessions === 0 ? null : of.tokens / of.sessions);
  const change = (of: (one: Dashboard["totals"]) => number | null) =>
    compared && changeOf(of(compared.totals), of(compared.totalsBefore));
  const against = compared ? spanWords(compared.before) : "";
  const upTo = upToWords(data);
  return (
    <dl className="grid grid-cols-2 overflow-hidden rounded-card border border-line bg-surface md:grid-cols-5">
      <Cell
        name="Tokens"
        about="What all uses cost, refunded ones left out. Live account, all apps."
        change={change(({ tokens }) => tokens)}
        against={against}
        upTo={upTo}
        wide
      >
        <Figure value={totals.tokens} compact={totals.tokens >= 1_000_000} />
      </Cell>
      <Cell
        name="Sessions"
        about="A session is one billed use: a shopper opened an app and it did its work."
        change={change(({ sessions }) => sessions)}
        against={against}
        upTo={upTo}
      >
        <Figure value={totals.sessions} compact={totals.sessions >= 1_000_000} />
      </Cell>
      <Cell
        name="Unique shoppers"
        about={`Different shoppers, known by the user id that your shop sends, or else by the visit; ${formatCount(totals.known)} uses told one, refunded ones among them. Counted by a sketch that keeps nobody's identity: the standard error is 2.3 %, and nearly none where they are few.`}
        change={change(({ shoppers }) => shoppers)}
        against={against}
        upTo={upTo}
      >
        {totals.shoppers === null ? (
          <None />
        ) : (
          <>
            <span className="font-normal text-ink-3">≈ </span>
            <Figure value={totals.shoppers} compact={totals.shoppers >= 1_000_000} />
          </>
        )}
      </Cell>
      <Cell
        name="Tokens per session"
        about="Tokens divided by sessions."
        change={change(each)}
        against={against}
        upTo={upTo}
      >
        {totals.sessions === 0 ? <None /> : <span className="figures">{(each(totals) ?? 0).toFixed(2)}</span>}
      </Cell>
      <Cell
        name="Processing time"
        about="Mean time that an app took, of the sessions that told it."
        change={change(({ tookMs }) => tookMs)}
        against={against}
        upTo={upTo}
      >
        {totals.tookMs === null ? <None /> : <span className="figures">{duration(totals.tookMs)}</span>}
      </Cell>
    </dl>
  );
}

const None = () => <span className="text-ink-3">not recorded</span>;

function Cell({
  name,
  about,
  change,
  against,
  upTo,
  wide,
  children,
}: {
  name: string;
  about: string;
  change: number | null;
  against: string;
  upTo: string;
  wide?: boolean;
  children: ReactNode;
}) {
  return (
    <div
      className={`-mb-px -ml-px grid content-start gap-1 border-b border-l border-line px-4 py-4 md:px-5 ${wide ? "max-md:col-span-2" : ""}`}
    >
      <dt className="flex items-center gap-1 text-13 text-ink-2">
        {name}
        <Hint label={`About ${name}`} trigger={<InfoIcon size={14} className="text-ink-3" />}>
          {about}
        </Hint>
      </dt>
      <dd className="text-20 font-semibold">{children}</dd>
      <dd className="text-12 text-ink-3" title={against ? `Against ${against}` : undefined}>
        <ChangeLine change={change} upTo={upTo} against={against} />
      </dd>
    </div>
  );
}
