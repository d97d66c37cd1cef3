import Link from "next/link";
import { Badge } from "@/components/badge";
import { Card } from "@/components/card";
import { formatCount, formatMoney, formatTokens } from "@/components/format";
import { RowHead, Table, Td, Th, Tr } from "@/components/table";
import { RelativeTime } from "@/components/time";
import type { SystemState } from "../../system/contract";

/** Whether what Stripe was paid, what the ledger granted and what Redis holds agree, as last looked. */
export function MoneyCard({ money }: { money: SystemState["money"] }) {
  if (money === null) {
    return (
      <Card title="Stripe, ledger and Redis">
        <p className="px-4 pb-5 text-14 text-ink-2 md:px-5">
          No brand has paid yet, or the first comparison is still to come; the worker does it once a day.
        </p>
      </Card>
    );
  }
  return (
    <Card
      title="Stripe, ledger and Redis"
      aside={
        <p className="text-12 text-ink-3">
          last compared <RelativeTime iso={money.checkedAt} />
        </p>
      }
    >
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 pb-5 text-14 text-ink-2 md:px-5">
        {money.odd.length === 0 ? (
          <Badge tone="done">All agree</Badge>
        ) : (
          <Badge tone="stopped">
            {formatCount(money.odd.length)} {money.odd.length === 1 ? "brand" : "brands"} to look at
          </Badge>
        )}
        <span>
          {formatCount(money.brands)} {money.brands === 1 ? "brand" : "brands"} paid {formatMoney(money.paidCents)} for{" "}
          {formatTokens(money.tokensBought)}; the ledger granted {formatTokens(money.tokensGranted)}.
        </span>
      </p>
      {money.odd.length > 0 && (
        <Table label="Brands whose money does not agree">
          <thead>
            <Tr>
              <Th>Brand</Th>
              <Th>Found</Th>
            </Tr>
          </thead>
          <tbody>
            {money.odd.map((one) => (
              <Tr key={one.customerId}>
                <RowHead>
                  <Link
                    href={`/admin/customers/${one.customerId}`}
                    className="rounded-control font-medium wrap-anywhere hover:underline"
                  >
                    {one.brand}
                  </Link>
                </RowHead>
                <Td className="text-13 wrap-anywhere">
                  {one.words.join("; ")}
                  {one.findings > one.words.length && ` and ${formatCount(one.findings - one.words.length)} more`}
                </Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
    </Card>
  );
}
