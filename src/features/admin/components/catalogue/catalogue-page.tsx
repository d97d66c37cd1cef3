"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { Badge } from "@/components/badge";
import { Card } from "@/components/card";
import { formatTokens } from "@/components/format";
import { AppIcon } from "@/components/icons/apps";
import { PageTitle } from "@/components/page-title";
import { QueryError, useSessionEnd } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { RowHead, Table, Td, Th, Tr } from "@/components/table";
import { TIER_NAMES } from "@/features/catalog/rules";
import { useTRPC } from "@/trpc/client";
import { APP_STATUS } from "../words";

/** Every app, each to be opened and edited. */
export function CataloguePage() {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.admin.catalogue.queryOptions());
  useSessionEnd(error);
  return (
    <div className="grid gap-6">
      <PageTitle title="Catalogue">
        What brands read and pay for each app. A draft is seen by staff alone until it is published.
      </PageTitle>
      <Card>
        {error && !data && (
          <div className="p-4 md:p-5">
            <QueryError what="The catalogue" error={error} retry={refetch} />
          </div>
        )}
        {!data && !error && <Skeleton className="m-4 h-96" />}
        {data && (
          <Table label="Catalogue">
            <thead>
              <Tr>
                <Th>App</Th>
                <Th className="max-md:hidden">Status</Th>
                <Th className="max-md:hidden">Plan</Th>
                <Th className="text-right">A use</Th>
                <Th className="text-right max-md:hidden">Version</Th>
              </Tr>
            </thead>
            <tbody>
              {data.apps.map((app) => (
                <Tr key={app.id}>
                  <RowHead>
                    <Link
                      href={`/admin/catalog/${app.slug}`}
                      className="inline-flex items-center gap-3 rounded-control font-medium hover:underline"
                    >
                      <AppIcon appId={app.id} size={28} />
                      <span className="wrap-anywhere">{app.name}</span>
                    </Link>
                    {app.draft && (
                      <span className="ml-2">
                        <Badge tone="soon">Draft</Badge>
                      </span>
                    )}
                  </RowHead>
                  <Td className="max-md:hidden">{APP_STATUS[app.status]}</Td>
                  <Td className="max-md:hidden">{TIER_NAMES[app.pricingTier]}</Td>
                  <Td className="figures text-right whitespace-nowrap">{formatTokens(app.tokenCost)}</Td>
                  <Td className="figures text-right max-md:hidden">
                    {app.version === 0 ? <span className="text-ink-3">as shipped</span> : app.version}
                  </Td>
                </Tr>
              ))}
            </tbody>
          </Table>
        )}
      </Card>
    </div>
  );
}
