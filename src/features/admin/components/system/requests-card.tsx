import { Badge } from "@/components/badge";
import { Card } from "@/components/card";
import { formatCount } from "@/components/format";
import { RowHead, Table, Td, Th, Tr } from "@/components/table";
import { RelativeTime } from "@/components/time";
import type { RequestGroup, SystemState } from "../../system/contract";
import { ALARM_MS, GOAL_MS } from "../../system/rules";

const GROUPS: Readonly<Record<RequestGroup["group"], string>> = {
  consume: "Uses",
  reservations: "Reservations",
  tokens: "Balance and ledger",
  apps: "Apps API",
  billing: "Billing API",
  widget: "Widgets",
  pages: "Pages",
  other: "Other",
};

/** How quick answers were and how many failed, by what was asked. */
export function RequestsCard({ requests }: { requests: SystemState["requests"] }) {
  return (
    <Card
      title="Requests"
      aside={
        <p className="text-12 text-ink-3">
          of this process, since <RelativeTime iso={requests.since} />
        </p>
      }
    >
      {requests.groups.length === 0 ? (
        <p className="px-4 pb-5 text-14 text-ink-2 md:px-5">Nothing has been asked of this process yet.</p>
      ) : (
        <Table label="Requests">
          <thead>
            <Tr>
              <Th>What</Th>
              <Th className="text-right">95 in 100 within</Th>
              <Th className="text-right max-md:hidden">Half within</Th>
              <Th className="text-right max-md:hidden">Requests</Th>
              <Th className="text-right max-md:hidden">Refused</Th>
              <Th className="text-right">Failed</Th>
            </Tr>
          </thead>
          <tbody>
            {requests.groups.map((one) => (
              <Tr key={one.group}>
                <RowHead>
                  {GROUPS[one.group]} <Pace p95={one.p95} />
                </RowHead>
                <Td className="figures text-right whitespace-nowrap">{within(one.p95)}</Td>
                <Td className="figures text-right whitespace-nowrap max-md:hidden">{within(one.p50)}</Td>
                <Td className="figures text-right max-md:hidden">{formatCount(one.count)}</Td>
                <Td className="figures text-right max-md:hidden">{shareOf(one.refused, one.count)}</Td>
                <Td className="figures text-right">{shareOf(one.failed, one.count)}</Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
      <p className="px-4 pt-3 pb-4 text-12 text-ink-3 md:px-5">
        The goal is 95 in 100 within {GOAL_MS} ms; above {ALARM_MS} ms somebody has to look. Failed is our fault,
        refused the caller&rsquo;s. A collector that reads /api/metrics sees all processes and all time.
      </p>
    </Card>
  );
}

function Pace({ p95 }: { p95: number | null }) {
  if (p95 !== null && p95 <= GOAL_MS) return null;
  return p95 !== null && p95 <= ALARM_MS ? <Badge tone="soon">Slow</Badge> : <Badge tone="stopped">Too slow</Badge>;
}

const within = (ms: number | null): string =>
  ms === null
    ? "over 10 s"
    : ms >= 1_000
      ? `${(ms / 1_000).toFixed(1)} s`
      : `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;

const shareOf = (part: number, whole: number): string => {
  if (part === 0) return "0";
  const percent = (100 * part) / whole;
  return `${formatCount(part)} (${percent < 0.1 ? "<0.1" : percent.toFixed(1)} %)`;
};
