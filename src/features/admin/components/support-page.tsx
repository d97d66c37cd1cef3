"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { TextArea } from "@/components/field";
import { Notice } from "@/components/notice";
import { PageTitle } from "@/components/page-title";
import { describeFailure, QueryError, useSessionEnd } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { useTRPC } from "@/trpc/client";
import { OpenBrand } from "./open-brand";

/** One brand: closed until it is said why, then as its own people see it, for an hour. */
export function SupportPage({ customerId }: { customerId: string }) {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(
    trpc.admin.support.queryOptions(
      { customerId },
      {
        // The hour over, the brand is closed here too, and not only at its next use.
        refetchInterval: ({ state }) =>
          state.data?.state === "open" && Math.max(1_000, Date.parse(state.data.expiresAt) - Date.now()),
      },
    ),
  );
  useSessionEnd(error);
  return (
    <div className="grid gap-6">
      <nav aria-label="Where you are" className="-mb-3 text-13">
        <Link href="/admin/customers" className="text-ink-2 hover:text-ink">
          Brands
        </Link>
      </nav>
      <PageTitle title={data?.brand.name ?? "Brand"}>{data ? `${data.brand.slug} · ${data.brand.id}` : null}</PageTitle>
      {error && !data && <QueryError what="This brand" error={error} retry={refetch} />}
      {!data && !error && <Skeleton className="h-80 w-full" />}
      {data?.state === "closed" && <Closed customerId={customerId} name={data.brand.name} />}
      {data?.state === "open" && <OpenBrand view={data} />}
    </div>
  );
}

function Closed({ customerId, name }: { customerId: string; name: string }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [reason, setReason] = useState("");
  const [missing, setMissing] = useState(false);
  const open = useMutation(
    trpc.admin.openSupport.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: trpc.admin.support.queryKey({ customerId }) }),
    }),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const short = reason.trim().length < 5;
    setMissing(short);
    if (!short) open.mutate({ customerId, reason });
  };
  return (
    <Card title="Why do you look into this brand?">
      <form onSubmit={submit} className="grid max-w-xl gap-4 px-4 pb-5 md:px-5">
        {open.error && (
          <Notice kind="stopped" title={`${name} was not opened`}>
            {describeFailure(open.error)}
          </Notice>
        )}
        <TextArea
          label="Reason"
          hint="Their admins read it in their audit log, with your name. It opens the brand to you for an hour."
          maxLength={300}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
          {...(missing && { error: "Say why, in at least 5 characters." })}
        />
        <div>
          <Button look="main" type="submit" busy={open.isPending}>
            Open for an hour
          </Button>
        </div>
      </form>
    </Card>
  );
}
