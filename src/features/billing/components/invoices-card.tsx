"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { Badge } from "@/components/badge";
import { Card } from "@/components/card";
import { EmptyState } from "@/components/empty-state";
import { formatDay, formatMoney } from "@/components/format";
import { EmptyLedgerDrawing } from "@/components/icons/drawings";
import { QueryError } from "@/components/query-error";
import { ShowMore } from "@/components/show-more";
import { Skeleton } from "@/components/skeleton";
import { RowHead, Table, Td, Th, Tr } from "@/components/table";
import { useTimeZone } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import type { InvoiceView } from "../contract";
import { INVOICE_STATUSES } from "./words";

/** Invoices and receipts, as the payment provider made them. */
export function InvoicesCard() {
  const trpc = useTRPC();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage, isFetchNextPageError } =
    useInfiniteQuery(
      trpc.billing.invoices.infiniteQueryOptions(
        {},
        { getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined, initialCursor: undefined },
      ),
    );
  const invoices = data?.pages.flatMap((page) => page.invoices);
  return (
    <Card title="Invoices and receipts">
      {error && !invoices && (
        <div className="px-4 pb-5 md:px-5">
          <QueryError what="Your invoices" error={error} retry={refetch} />
        </div>
      )}
      {!invoices && !error && <Skeleton className="mx-4 mb-5 h-40 md:mx-5" />}
      {invoices?.length === 0 && (
        <EmptyState drawing={<EmptyLedgerDrawing />} title="No invoice yet">
          <p>
            Plans and what is bought at the checkout get one, to view and to keep as a PDF. A pack that is bought with
            the card on file has its receipt in its mail.
          </p>
        </EmptyState>
      )}
      {invoices && invoices.length > 0 && (
        <Table label="Invoices and receipts">
          <thead>
            <tr>
              <Th>Invoice</Th>
              <Th className="max-md:hidden">Date</Th>
              <Th className="text-right">Amount</Th>
              <Th className="max-md:hidden">Status</Th>
              <Th>
                <span className="sr-only">Files</span>
              </Th>
            </tr>
          </thead>
          <tbody>
            {invoices.map((invoice) => (
              <InvoiceRow key={invoice.id} invoice={invoice} />
            ))}
          </tbody>
        </Table>
      )}
      {hasNextPage && (
        <div className="border-t border-line px-4 py-3 text-center md:px-5">
          <ShowMore busy={isFetchingNextPage} failed={isFetchNextPageError} onPress={() => fetchNextPage()}>
            Show older invoices
          </ShowMore>
        </div>
      )}
    </Card>
  );
}

function InvoiceRow({ invoice }: { invoice: InvoiceView }) {
  const zone = useTimeZone();
  const { word, tone } = INVOICE_STATUSES[invoice.status];
  const name = invoice.number ?? "Not numbered yet";
  return (
    <Tr>
      <RowHead>
        <span className="block font-medium wrap-anywhere">{name}</span>
        <span className="block text-12 text-ink-3 wrap-anywhere">{invoice.description}</span>
        <span className="flex items-center gap-2 pt-1 text-12 text-ink-3 md:hidden">
          {formatDay(invoice.createdAt, zone)} <Badge tone={tone}>{word}</Badge>
        </span>
      </RowHead>
      <Td className="text-13 whitespace-nowrap text-ink-2 max-md:hidden">
        <time dateTime={invoice.createdAt}>{formatDay(invoice.createdAt, zone)}</time>
      </Td>
      <Td className="figures text-right whitespace-nowrap">{formatMoney(invoice.amountCents, invoice.currency)}</Td>
      <Td className="max-md:hidden">
        <Badge tone={tone}>{word}</Badge>
      </Td>
      <Td className="text-right">
        <span className="inline-flex flex-wrap justify-end gap-x-4 gap-y-1 text-13">
          {invoice.hostedUrl && <File href={invoice.hostedUrl} label={`View ${name}`} words="View" />}
          {invoice.pdfUrl && <File href={invoice.pdfUrl} label={`PDF of ${name}`} words="PDF" />}
        </span>
      </Td>
    </Tr>
  );
}

function File({ href, label, words }: { href: string; label: string; words: string }) {
  return (
    <a
      href={href}
      target="_blank"
      rel="noreferrer"
      aria-label={`${label}, in a new tab`}
      className="inline-flex min-h-6 items-center text-accent-ink underline underline-offset-2"
    >
      {words}
    </a>
  );
}
