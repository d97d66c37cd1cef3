"use client";

import { useQuery } from "@tanstack/react-query";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { useNow } from "@/components/clock";
import { Id } from "@/components/copy";
import { cx } from "@/components/cx";
import { formatCompact, formatCount, formatDay, formatExact } from "@/components/format";
import { SoonIcon, StoppedIcon } from "@/components/icons/interface";
import { Skeleton } from "@/components/skeleton";
import { RowHead, Table, Td, Th, Tr } from "@/components/table";
import { RelativeTime, useTimeZone } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import type { KeyView } from "../contract";
import { GRACE_MS } from "../rules";
import { ModeBadge } from "./mode-badge";
import { KINDS, SCOPE_ORDER, statusOf, tokensOf } from "./words";

/** What only an admin may do with a key. */
interface KeyActions {
  readonly edit: (key: KeyView) => void;
  readonly rotate: (key: KeyView) => void;
  readonly revoke: (key: KeyView) => void;
}
/** What a key was used for; undefined while it is counted, null where it cannot be. */
type UsageOf = (keyId: string) => { uses: number; tokens: number } | undefined | null;

/** The keys, those in force first. `actions` are absent for people who may only look. */
export function KeysTable({ keys, actions }: { keys: KeyView[]; actions?: KeyActions }) {
  const trpc = useTRPC();
  const catalog = useQuery(trpc.catalog.list.queryOptions(undefined, { staleTime: 60_000 })).data;
  const names = new Map(catalog?.apps.map((app) => [app.id, app.name]));
  const counted = useQuery(trpc.keys.usage.queryOptions(undefined, { staleTime: 60_000 }));
  const byKey = new Map(counted.data?.usage.map((each) => [each.keyId, each]));
  const usage: UsageOf = (keyId) =>
    counted.data ? (byKey.get(keyId) ?? { uses: 0, tokens: 0 }) : counted.error ? null : undefined;
  return (
    <Table label="API keys">
      <thead>
        <tr className="[&>th]:border-t">
          <Th>Name</Th>
          <Th className="max-xl:hidden">Kind</Th>
          <Th className="max-md:hidden">Key</Th>
          <Th className="max-xl:hidden">Allowed</Th>
          <Th className="max-[88rem]:hidden">Apps, limit</Th>
          <Th className="max-md:hidden">Last used</Th>
          <Th className="text-right max-xl:hidden">Last 30 days</Th>
          {actions && (
            <Th>
              <span className="sr-only">Actions</span>
            </Th>
          )}
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <KeyRow key={key.keyId} item={key} names={names} usage={usage} actions={actions} />
        ))}
      </tbody>
    </Table>
  );
}

function KeyRow({
  item,
  names,
  usage,
  actions,
}: {
  item: KeyView;
  names: Map<string, string>;
  usage: UsageOf;
  actions?: KeyActions;
}) {
  const now = useNow();
  const status = statusOf(item, now);
  const over = status !== "active";
  // A key and the one that replaces it share a name.
  const which = `${item.name}, ending in ${item.lastFour}`;
  return (
    <Tr className={cx(over && "text-ink-2")}>
      <RowHead className="max-w-80 min-w-28">
        <span className="grid min-w-0 gap-1">
          <span className={cx("font-medium wrap-anywhere", over && "text-ink-2")}>{item.name}</span>
          <span className="flex flex-wrap items-center gap-1.5 xl:hidden">
            <KindBadges item={item} />
          </span>
          <span className="text-12 wrap-anywhere text-ink-2 xl:hidden">
            <Allowed item={item} />
          </span>
          <span className="md:hidden">
            <KeyText item={item} />
          </span>
          <span className="figures block min-h-4 w-52 text-12 text-ink-2 md:min-h-8 md:w-40 xl:hidden">
            <UsageLine item={item} used={usage(item.keyId)} />
          </span>
          <StatusLine item={item} status={status} now={now} />
        </span>
      </RowHead>
      <Td className="max-xl:hidden">
        <span className="flex gap-1.5">
          <KindBadges item={item} />
        </span>
      </Td>
      <Td className="max-md:hidden">
        <KeyText item={item} />
      </Td>
      <Td className="max-w-56 text-13 wrap-anywhere text-ink-2 max-xl:hidden">
        <Allowed item={item} />
      </Td>
      <Td className="text-13 whitespace-nowrap text-ink-2 max-[88rem]:hidden">
        {item.appPermissions ? <FirstOf items={item.appPermissions.map((id) => names.get(id) ?? id)} /> : "All"}
        <span
          className="figures block text-12 text-ink-3"
          title={`${formatCount(item.rateLimit)} requests an hour, ${formatCount(item.rateBurst)} at once`}
        >
          {formatCompact(item.rateLimit)} an hour
        </span>
      </Td>
      <Td className="figures text-13 whitespace-nowrap text-ink-2 max-md:hidden">
        {item.lastUsedAt ? <RelativeTime iso={item.lastUsedAt} /> : "Never"}
      </Td>
      <Td className="text-right text-13 whitespace-nowrap text-ink-2 max-xl:hidden">
        <span className="figures inline-grid h-9 min-w-24 content-center justify-items-end">
          <Usage item={item} used={usage(item.keyId)} />
        </span>
      </Td>
      {actions && (
        <Td className="text-right">
          <span className="inline-flex flex-col justify-end xl:flex-row">
            {status === "active" && (
              <>
                <Button look="quiet" size="small" onClick={() => actions.edit(item)} aria-label={`Edit ${which}`}>
                  Edit
                </Button>
                <Button look="quiet" size="small" onClick={() => actions.rotate(item)} aria-label={`Rotate ${which}`}>
                  Rotate
                </Button>
              </>
            )}
            {status !== "revoked" && (
              <Button look="quiet" size="small" onClick={() => actions.revoke(item)} aria-label={`Revoke ${which}`}>
                Revoke
              </Button>
            )}
          </span>
        </Td>
      )}
    </Tr>
  );
}

function KindBadges({ item }: { item: KeyView }) {
  return (
    <>
      <Badge>{KINDS[item.kind].name}</Badge>
      <ModeBadge mode={item.mode} />
    </>
  );
}

type Used = ReturnType<UsageOf>;

/** Uses and tokens, one above the other. Their place is as wide before they come, so that no column moves. */
function Usage({ item, used }: { item: KeyView; used: Used }) {
  if (used === undefined) return <Skeleton className="h-4 w-16" />;
  if (used === null) return <span>Not known now</span>;
  const tokens = tokensOf(item.mode, used.tokens);
  return (
    <>
      <span title={formatCount(used.uses)}>{usesOf(used.uses)}</span>
      <span className="text-12 text-ink-3" title={`${formatCount(used.tokens)} ${tokens}`}>
        {formatCompact(used.tokens)} {tokens}
      </span>
    </>
  );
}

/** The same in one line, for narrow screens. */
function UsageLine({ item, used }: { item: KeyView; used: Used }) {
  if (used === undefined) return <Skeleton className="h-3 w-32" />;
  if (used === null) return <>Uses not known now</>;
  return (
    <>
      {usesOf(used.uses)}, {formatCompact(used.tokens)} {tokensOf(item.mode, used.tokens)} in 30 days
    </>
  );
}

const usesOf = (uses: number): string => `${formatCompact(uses)} ${uses === 1 ? "use" : "uses"}`;

/** A public key copies itself; of a secret one only its id and its end are known. */
function KeyText({ item }: { item: KeyView }) {
  if (item.publicKey) return <Id id={item.publicKey} what="public key" />;
  return (
    <span className="grid justify-items-start">
      <Id id={item.keyId} what="key id" />
      <span className="text-12 whitespace-nowrap text-ink-3">
        ends in <span className="font-mono">{item.lastFour}</span>
      </span>
    </span>
  );
}

/** Where a public key works from, or what a secret one may do. */
function Allowed({ item }: { item: KeyView }) {
  return item.kind === "pk" ? (
    <FirstOf items={item.origins} />
  ) : (
    <FirstOf items={SCOPE_ORDER.filter((scope) => item.scopes.includes(scope))} />
  );
}

/** The first of a list, and how many more there are; all of them on hover. */
function FirstOf({ items }: { items: readonly string[] }) {
  const [first, ...more] = items;
  return (
    <span title={items.join("\n")}>
      {first}
      {more.length > 0 && <span className="whitespace-nowrap text-ink-3"> and {more.length} more</span>}
    </span>
  );
}

// As long as the longest grace: the hour matters then, not the day alone.
const SOON_MS = GRACE_MS["7d"];

function StatusLine({ item, status, now }: { item: KeyView; status: "active" | "expired" | "revoked"; now: number }) {
  const zone = useTimeZone();
  if (status === "revoked" && item.revokedAt) {
    return (
      <span className="flex items-center gap-1 text-12 text-red">
        <StoppedIcon size={14} className="shrink-0" /> Revoked {formatDay(item.revokedAt, zone)}
      </span>
    );
  }
  if (!item.expiresAt) return null;
  if (status === "expired") {
    return (
      <span className="flex items-center gap-1 text-12 text-red">
        <StoppedIcon size={14} className="shrink-0" /> Expired {formatDay(item.expiresAt, zone)}
      </span>
    );
  }
  const soon = Date.parse(item.expiresAt) - now <= SOON_MS;
  return (
    <span className={cx("flex items-center gap-1 text-12", soon ? "text-amber" : "text-ink-2")}>
      <SoonIcon size={14} className="shrink-0" />
      <span title={formatExact(item.expiresAt, zone)}>
        {soon ? `Works until ${formatExact(item.expiresAt, zone)}` : `Expires ${formatDay(item.expiresAt, zone)}`}
      </span>
    </span>
  );
}
