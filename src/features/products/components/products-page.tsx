"use client";

import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useQueryStates } from "nuqs";
import { useDeferredValue, useState } from "react";
import { toast } from "sonner";
import { Button, buttonClass } from "@/components/button";
import { Card } from "@/components/card";
import { EmptyState } from "@/components/empty-state";
import { formatCount } from "@/components/format";
import { NoFramesDrawing, NothingFoundDrawing } from "@/components/icons/drawings";
import { DownloadIcon, InIcon, PlusIcon } from "@/components/icons/interface";
import { PageTitle } from "@/components/page-title";
import { describeFailure, QueryError, useSessionEnd } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { UNDO_MS } from "@/components/toaster";
import { useTRPC } from "@/trpc/client";
import type { Product } from "../contract";
import { ProductDialog } from "./product-dialog";
import { ProductFilters } from "./product-filters";
import { ProductsTable } from "./products-table";
import { saveText } from "./save-file";
import { SHOWN, VIEW } from "./view";
import { SAMPLE_CSV } from "./words";

export const PER_PAGE = 25;
const SKELETON_ROWS = ["a", "b", "c", "d", "e", "f"];

/** The brand's products: find, change, add, delete. `canWrite` shows what a viewer may not press. */
export function ProductsPage({ canWrite }: { canWrite: boolean }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [view, setView] = useQueryStates(VIEW, { history: "replace" });
  const q = useDeferredValue(view.q);
  const chosen = Object.fromEntries(SHOWN.map((facet) => [facet, view[facet] === null ? [] : [view[facet]]]));
  const { data, error, refetch, isPlaceholderData } = useQuery(
    trpc.products.list.queryOptions(
      { q, chosen, sort: view.sort, page: Math.max(1, view.page), perPage: PER_PAGE },
      { placeholderData: keepPreviousData, refetchInterval: ({ state }) => (isWaiting(state.data) ? 3_000 : false) },
    ),
  );
  useSessionEnd(error);
  const [editing, setEditing] = useState<Product | "new" | null>(null);
  const refresh = () => queries.invalidateQueries(trpc.products.list.queryFilter());
  const failed = (failure: unknown) => void toast.error(describeFailure(failure));
  const restore = useMutation(
    trpc.products.restore.mutationOptions({
      onSuccess: async () => {
        await refresh();
        toast.success("The product is back");
      },
      onError: failed,
    }),
  );
  const remove = useMutation(trpc.products.remove.mutationOptions({ onError: failed }));
  const take = (product: Product) =>
    remove.mutate(
      { ids: [product.id] },
      {
        onSuccess: async () => {
          await refresh();
          toast.success(`“${product.name}” is deleted`, {
            duration: UNDO_MS,
            action: { label: "Undo", onClick: () => restore.mutate({ ids: [product.id] }) },
          });
        },
      },
    );

  const isEmpty = data?.all === 0;
  const currency = data?.products.find((product) => product.currency)?.currency ?? "";
  const adding = canWrite && (
    <div className="flex flex-wrap gap-2">
      <Button icon={<PlusIcon size={18} />} onClick={() => setEditing("new")}>
        Add a product
      </Button>
      <Link href="/products/import" className={buttonClass("main")}>
        <InIcon size={18} /> Import a file
      </Link>
    </div>
  );
  return (
    <div className="grid gap-6">
      <PageTitle title="Products" action={!isEmpty && adding}>
        What your apps search, show and measure against. Your shop stays the place where it is sold.
      </PageTitle>
      <Card>
        {!isEmpty && <ProductFilters facets={data?.facets} currency={currency} />}
        {error && !data && (
          <div className="px-4 pb-5 md:px-5">
            <QueryError what="Your products" error={error} retry={refetch} />
          </div>
        )}
        {!data && !error && <LoadingRows />}
        {isEmpty && (
          <EmptyState drawing={<NoFramesDrawing />} title="No product yet" action={adding}>
            <p>Your frames will stand here, and Frame Finder will search them.</p>
            {canWrite ? (
              <p className="mt-2">
                <Button
                  look="quiet"
                  size="small"
                  icon={<DownloadIcon size={18} />}
                  onClick={() => saveText("products-sample.csv", SAMPLE_CSV)}
                >
                  Download a sample file
                </Button>
              </p>
            ) : (
              <p>A manager of your brand can add them.</p>
            )}
          </EmptyState>
        )}
        {data && !isEmpty && (
          <>
            <p className="figures px-4 pb-2 text-12 text-ink-3 md:px-5" aria-live="polite">
              {data.close && data.total > 0 && `Nothing is called “${q.slice(0, 60)}”; these are close. `}
              {data.total === data.all
                ? `${formatCount(data.all)} ${data.all === 1 ? "product" : "products"}`
                : `${formatCount(data.total)} of ${formatCount(data.all)} products`}
            </p>
            {data.products.length > 0 && (
              <div className={isPlaceholderData ? "opacity-60" : undefined}>
                <ProductsTable
                  products={data.products}
                  actions={canWrite ? { edit: setEditing, remove: take } : undefined}
                />
              </div>
            )}
            {data.total === 0 && (
              <EmptyState
                drawing={<NothingFoundDrawing />}
                title="No product fits all of that"
                action={<Button onClick={() => setView(null)}>Show all products</Button>}
              >
                <p>Take a filter away, or search for what the frame is, such as “round titanium”.</p>
              </EmptyState>
            )}
            {data.pages > 1 && <Pages page={data.page} pages={data.pages} go={(page) => setView({ page })} />}
          </>
        )}
      </Card>
      {!isEmpty && data && <SaveAll />}
      {canWrite && <ProductDialog target={editing} onClose={() => setEditing(null)} />}
    </div>
  );
}

/** Whether a picture on the page is on its way, so that it is looked for again. */
const isWaiting = (data: { products: Product[] } | undefined): boolean =>
  data?.products.some((product) => product.image_state === "waiting") ?? false;

function Pages({ page, pages, go }: { page: number; pages: number; go: (page: number) => void }) {
  return (
    <nav aria-label="Pages" className="flex items-center justify-between gap-3 px-4 py-3 md:px-5">
      <Button size="small" disabled={page <= 1} onClick={() => go(page - 1)}>
        Previous
      </Button>
      <p className="figures text-12 text-ink-3">
        Page {formatCount(page)} of {formatCount(pages)}
      </p>
      <Button size="small" disabled={page >= pages} onClick={() => go(page + 1)}>
        Next
      </Button>
    </nav>
  );
}

/** The whole catalogue as a file. */
function SaveAll() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      const { fileName, text } = await queries.fetchQuery(trpc.products.file.queryOptions(undefined, { staleTime: 0 }));
      saveText(fileName, text);
    } catch (error) {
      toast.error(describeFailure(error));
    }
    setBusy(false);
  };
  return (
    <div className="flex flex-wrap gap-2">
      <Button look="quiet" size="small" icon={<DownloadIcon size={18} />} busy={busy} onClick={save}>
        Save all products as CSV
      </Button>
    </div>
  );
}

/** As tall as real rows. */
function LoadingRows() {
  return (
    <div>
      {SKELETON_ROWS.map((row) => (
        <div key={row} className="flex h-16 items-center gap-4 border-t border-line px-4 md:px-5">
          <Skeleton className="h-11 w-16" />
          <Skeleton className="h-4 w-40" />
          <Skeleton className="ml-auto h-4 w-16" />
        </div>
      ))}
    </div>
  );
}
