"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { Card } from "@/components/card";
import { CopyButton } from "@/components/copy";
import { Notice } from "@/components/notice";
import { QueryError } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { useTRPC } from "@/trpc/client";

/** The lines a shop pastes into its page, once for all pages that shall have the app. */
export function EmbedPanel({ app }: { app: { id: string; name: string } }) {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.activations.embed.queryOptions({ appId: app.id }));
  return (
    <Card title="Put it into your shop" aside={data && <CopyButton text={data.code}>Copy embed code</CopyButton>}>
      <div className="grid gap-3 px-4 pb-5 md:px-5">
        <p className="max-w-prose text-13 text-ink-2">
          Paste this where the button shall stand. What you publish here reaches the shop by itself; this code stays as
          it is.
        </p>
        {error && !data && <QueryError what="The code" error={error} retry={refetch} />}
        {!data && !error && <Skeleton className="h-24 w-full" />}
        {data && (
          <section
            aria-label="Embed code"
            className="overflow-x-auto rounded-control bg-inset p-3 font-mono text-12 leading-5 whitespace-pre-wrap wrap-anywhere"
          >
            {data.code}
          </section>
        )}
        {data && data.publicKey === null && (
          <Notice
            kind="soon"
            title="You have no public key for this app yet"
            action={
              <Link href="/keys" className="text-13 font-medium text-accent-ink underline underline-offset-2">
                Create one
              </Link>
            }
          >
            The code needs a live public key that covers {app.name} and lists your shop&rsquo;s address.
          </Notice>
        )}
      </div>
    </Card>
  );
}
