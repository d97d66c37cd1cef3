"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { Card } from "@/components/card";
import { CopyButton } from "@/components/copy";
import { SelectField } from "@/components/field";
import { Notice } from "@/components/notice";
import { QueryError } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { useTRPC } from "@/trpc/client";
import { type EmbedOptions, PLATFORMS, type Platform } from "../embed/contract";
import { embedCode } from "../embed/rules";
import { NO_KEY } from "../rules";
import { EmbedChoices } from "./embed-choices";
import { InstallationCheck, ShopPolicy } from "./installation";

const NAMES: Record<Platform, string> = {
  html: "Plain HTML",
  shopify: "Shopify",
  woocommerce: "WooCommerce",
  react: "React",
  gtm: "Google Tag Manager",
};

/** What the code follows where nobody chooses: the published configuration, and the loader that follows us. */
const UNCHANGED: EmbedOptions = { platform: "html", placement: "inline", pinned: false };
const isUnchanged = (options: EmbedOptions, name: string): boolean =>
  (options[name as keyof EmbedOptions] ?? "") === (UNCHANGED[name as keyof EmbedOptions] ?? "");

interface Snippet {
  readonly title: string;
  readonly code: string;
}

/** The lines a shop pastes into its page, for where its pages are made. */
export function EmbedPanel({ app }: { app: { id: string; slug: string; name: string } }) {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.activations.embed.queryOptions({ appId: app.id }));
  const [options, setOptions] = useState<EmbedOptions>(UNCHANGED);
  const { platform } = options;
  const plain = platform === "html" && Object.keys(options).every((name) => isUnchanged(options, name));
  // Plain HTML without a choice of its own is the two lines of the API; all else says the same in its own way.
  const snippets: readonly Snippet[] = !data
    ? []
    : plain
      ? [{ title: "Where the button shall stand", code: data.code }]
      : embedCode(
          {
            origin: data.origin,
            publicKey: data.publicKey ?? NO_KEY,
            slug: app.slug,
            // Only a pinned loader has a version and a hash of its own.
            build: data.build ?? { version: "", integrity: "" },
          },
          options,
        );
  return (
    <Card
      title="Put it into your shop"
      aside={data && <CopyButton text={snippets.map(({ code }) => code).join("\n\n")}>Copy embed code</CopyButton>}
    >
      <div className="grid gap-4 px-4 pb-5 md:px-5">
        <p className="max-w-prose text-13 text-ink-2">
          What you publish here reaches the shop by itself; this code stays as it is.
        </p>
        <div className="max-w-72">
          <SelectField
            label="Your pages are made with"
            value={platform}
            onChange={(event) =>
              setOptions({ ...options, platform: PLATFORMS.find((each) => each === event.target.value) ?? "html" })
            }
          >
            {PLATFORMS.map((each) => (
              <option key={each} value={each}>
                {NAMES[each]}
              </option>
            ))}
          </SelectField>
        </div>
        <EmbedChoices options={options} onChange={setOptions} canPin={Boolean(data?.build)} />
        {error && !data && <QueryError what="The code" error={error} retry={refetch} />}
        {!data && !error && <Skeleton className="h-24 w-full" />}
        <section aria-label="Embed code" className="grid gap-3">
          {snippets.map(({ title, code }) => (
            <div key={title} className="grid gap-1.5">
              <p className="text-12 text-ink-2">{title}</p>
              <pre className="rounded-control bg-inset p-3 font-mono text-12 leading-5 whitespace-pre-wrap wrap-anywhere">
                {code}
              </pre>
            </div>
          ))}
        </section>
        <InstallationCheck app={app} />
        {data && <ShopPolicy origin={data.origin} />}
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
