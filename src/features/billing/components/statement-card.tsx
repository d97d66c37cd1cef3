"use client";

import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { toast } from "sonner";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { saveText } from "@/components/chart/save";
import { cx } from "@/components/cx";
import { SelectField } from "@/components/field";
import { formatCount, formatDay, formatDelta, formatMoney, formatTokens } from "@/components/format";
import { describeFailure, QueryError } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { RowHead, Table, Td, Th, Tr } from "@/components/table";
import { RelativeTime } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import type { StatementOutput } from "../contract";
import { agreementWords, monthName } from "./words";

/** One month of tokens, opened and closed like an account, day by day, and as a file. */
export function StatementCard() {
  const trpc = useTRPC();
  const [month, setMonth] = useState<string>();
  const { data, error, refetch, isPlaceholderData } = useQuery(
    trpc.billing.statement.queryOptions(month ? { month } : {}, { placeholderData: keepPreviousData }),
  );
  return (
    <Card title="Token statement" aside={data && <Download month={data.month} />}>
      <div className="grid gap-5 px-4 pb-5 md:px-5">
        {error && !data && <QueryError what="The statement" error={error} retry={refetch} />}
        {!data && !error && <Skeleton className="h-48 w-full" />}
        {data && (
          <>
            <div className="w-full max-w-64">
              <SelectField
                label="Month, UTC"
                value={month ?? data.month}
                onChange={(event) => setMonth(event.target.value)}
              >
                {(data.months.includes(data.month) ? data.months : [data.month, ...data.months]).map((each) => (
                  <option key={each} value={each}>
                    {monthName(each)}
                  </option>
                ))}
              </SelectField>
            </div>
            <Sum statement={data} fading={isPlaceholderData} />
            <Agreement />
          </>
        )}
      </div>
      {data && data.days.length > 0 && <Days statement={data} fading={isPlaceholderData} />}
    </Card>
  );
}

/** The month as a sum that comes out. Steps of nothing are left out, but for the usual three. */
function Sum({ statement, fading }: { statement: StatementOutput; fading: boolean }) {
  const steps: [name: string, delta: number, always?: boolean][] = [
    ["Granted", statement.granted, true],
    ["Used", -statement.used, true],
    ["Given back", statement.returned],
    ["Expired", -statement.expired, true],
    ["Corrected", statement.adjusted],
    ["Reserved", statement.held],
  ];
  return (
    <div className={cx("grid gap-3 transition-opacity", fading && "opacity-60")}>
      <dl className="flex flex-wrap gap-x-8 gap-y-3">
        <Step name="Opening">{formatCount(statement.opening)}</Step>
        {steps
          .filter(([, delta, always]) => always || delta !== 0)
          .map(([name, delta]) => (
            <Step key={name} name={name}>
              {formatDelta(delta)}
            </Step>
          ))}
        <Step name="Closing" strong>
          = {formatTokens(statement.closing)}
        </Step>
      </dl>
      <p className="text-13 text-ink-2">
        Paid {formatMoney(statement.paidCents)}
        {statement.refundedCents > 0 && `, given back ${formatMoney(statement.refundedCents)}`}
        {statement.chargedBackCents > 0 && `, disputed with the bank ${formatMoney(statement.chargedBackCents)}`}.
        {statement.usedUnlimited > 0 &&
          ` ${formatTokens(statement.usedUnlimited)} more were used on an unlimited plan, which moves no balance.`}
      </p>
    </div>
  );
}

/** Whether Stripe, the ledger and the meter agree, as last looked; what does not is named. */
function Agreement() {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.billing.reconciliation.queryOptions());
  const words = data && agreementWords(data);
  if (!words || data.checkedAt === null) return null;
  return (
    <div className="grid gap-2 text-13 text-ink-2">
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Badge tone={words.tone}>{words.word}</Badge>
        <span>
          {words.text} Last compared <RelativeTime iso={data.checkedAt} />.
        </span>
      </p>
      {data.findings.length > 0 && (
        <ul className="list-disc pl-5 wrap-anywhere">
          {data.findings.slice(0, MOST_FINDINGS).map(({ subject, what }) => (
            <li key={`${subject} ${what}`}>
              <span className="font-mono text-12">{subject}</span> {what}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

const MOST_FINDINGS = 5;

function Step({ name, strong, children }: { name: string; strong?: boolean; children: ReactNode }) {
  return (
    <div>
      <dt className="text-12 text-ink-3">{name}</dt>
      <dd className={cx("figures text-16", strong ? "font-semibold" : "font-medium")}>{children}</dd>
    </div>
  );
}

function Days({ statement, fading }: { statement: StatementOutput; fading: boolean }) {
  return (
    <div className={cx("transition-opacity", fading && "opacity-60")}>
      <Table label={`Tokens by day in ${monthName(statement.month)}`}>
        <thead>
          <tr className="[&>th]:border-t">
            <Th>Day, UTC</Th>
            <Th className="text-right max-md:hidden">Granted</Th>
            <Th className="text-right">Used</Th>
            <Th className="text-right max-md:hidden">Expired</Th>
            <Th className="text-right max-lg:hidden">Other</Th>
            <Th className="text-right">Closing</Th>
          </tr>
        </thead>
        <tbody>
          {statement.days.toReversed().map((day) => {
            const other = day.returned + day.adjusted + day.held;
            const more = [
              day.granted !== 0 && `${formatCount(day.granted)} granted`,
              day.expired !== 0 && `${formatCount(day.expired)} expired`,
            ].filter(Boolean);
            return (
              <Tr key={day.date}>
                <RowHead className="whitespace-nowrap">
                  {formatDay(`${day.date}T00:00:00Z`, "UTC")}
                  {more.length > 0 && <span className="block text-12 text-ink-3 md:hidden">{more.join(", ")}</span>}
                </RowHead>
                <Amount delta={day.granted} className="max-md:hidden" />
                <Amount delta={-day.used} />
                <Amount delta={-day.expired} className="max-md:hidden" />
                <Amount delta={other} className="max-lg:hidden" />
                <Td className="figures text-right">{formatCount(day.closing)}</Td>
              </Tr>
            );
          })}
        </tbody>
      </Table>
    </div>
  );
}

/** A step of a day; nothing moved is there to be seen, and in the background. */
function Amount({ delta, className }: { delta: number; className?: string }) {
  return (
    <Td className={cx("figures text-right", delta === 0 ? "text-ink-3" : "text-ink-2", className)}>
      {formatDelta(delta)}
    </Td>
  );
}

/** Fetches the month as a file and hands it to the browser. */
function Download({ month }: { month: string }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const download = async () => {
    setBusy(true);
    try {
      const { filename, csv } = await queries.fetchQuery(trpc.billing.statementCsv.queryOptions({ month }));
      saveText(filename, csv);
    } catch (error) {
      toast.error(`The file could not be made. ${describeFailure(error)}`);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button size="small" busy={busy} onClick={download}>
      Download CSV
    </Button>
  );
}
