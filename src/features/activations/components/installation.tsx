"use client";

import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { announce } from "@/components/announcer";
import { Notice } from "@/components/notice";
import { describeReadFailure } from "@/components/query-error";
import { RelativeTime } from "@/components/time";
import { PROBLEMS } from "@/lib/errors";
import { useTRPC } from "@/trpc/client";
import { embedPolicy } from "../embed/rules";

/** How often the page asks whether the shop has been heard of, ms. */
const EVERY_MS = 4_000;

/** What to do about what a shop's page was refused. */
const REMEDIES: Readonly<Record<string, string>> = {
  origin_not_allowed: "Add this address to the public key: API keys, Edit. The code in your shop stays as it is.",
  invalid_api_key: "The key in the page is mistyped, expired or revoked: copy the code again.",
  app_not_active: "The app is paused or turned off.",
  app_not_permitted: "The key in the page covers other apps only: add this one under API keys, Edit.",
};

/** Listens for the first time a shop's page asks for the app, and says what is missing. */
export function InstallationCheck({ app }: { app: { id: string; name: string } }) {
  const trpc = useTRPC();
  const { data, error } = useQuery(
    trpc.activations.installation.queryOptions({ appId: app.id }, { refetchInterval: EVERY_MS }),
  );
  const { seen, refused } = data ?? { seen: null, refused: null };
  const newest = refused && (!seen || refused.at > seen.at) ? refused : null;
  const title = newest ? `${newest.origin || "A page"} was refused` : seen ? `Installed on ${seen.origin}` : null;
  // What is new is said once, and nothing on arrival; how long ago it was ticks on unsaid.
  const said = useRef<string | null>(undefined);
  useEffect(() => {
    if (!data) return;
    if (title !== null && said.current !== undefined && title !== said.current) announce(title);
    said.current = title;
  }, [title, data]);
  return (
    <div>
      {newest ? (
        <Notice quiet kind="soon" title={title ?? ""}>
          {REMEDIES[newest.code] ?? PROBLEMS[newest.code as keyof typeof PROBLEMS]?.[1] ?? newest.code}{" "}
          <RelativeTime iso={newest.at} />
        </Notice>
      ) : seen ? (
        <Notice quiet kind="done" title={title ?? ""}>
          The page last asked for the app <RelativeTime iso={seen.at} />, with version {seen.loader || "unknown"} of the
          loader.
        </Notice>
      ) : (
        <p className="text-13 text-ink-3">
          {data
            ? "No page has asked for this app yet. Open your shop with the code in it; this line notices by itself."
            : error
              ? `Whether your shop has asked cannot be seen now. ${describeReadFailure(error)} We look again by ourselves.`
              : "Looking for your shop."}
        </p>
      )}
    </div>
  );
}

/** What a shop with a strict policy must allow. */
export function ShopPolicy({ origin }: { origin: string }) {
  const { csp, permissions } = embedPolicy(origin);
  return (
    <details className="rounded-control border border-line">
      <summary className="flex min-h-9 cursor-pointer items-center px-3 text-13 font-medium text-ink-2">
        For shops with a content security policy
      </summary>
      <div className="grid gap-2 border-t border-line p-3 text-13 text-ink-2">
        <p>Add these to the policy your shop sends:</p>
        <pre className="rounded-control bg-inset p-3 font-mono text-12 leading-5 whitespace-pre-wrap wrap-anywhere">
          {csp.join(";\n")}
        </pre>
        <p>If your shop also sends a Permissions-Policy, apps with a camera need:</p>
        <pre className="rounded-control bg-inset p-3 font-mono text-12 leading-5 whitespace-pre-wrap wrap-anywhere">
          {permissions}
        </pre>
      </div>
    </details>
  );
}
