"use client";

import { useQuery } from "@tanstack/react-query";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { useNow } from "@/components/clock";
import { Id } from "@/components/copy";
import { cx } from "@/components/cx";
import { formatCompact, formatCount, formatDay } from "@/components/format";
import { SoonIcon, StoppedIcon } from "@/components/icons/interface";
import { RowHead, Table, Td, Th, Tr } from "@/components/table";
import { RelativeTime, useTimeZone } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import type { KeyView } from "../contract";
import { KINDS, MODES, SCOPE_ORDER, statusOf } from "./words";

/** The keys, those in force first. `onRevoke` is absent for people who may only look. */
export function KeysTable({ keys, onRevoke }: { keys: KeyView[]; onRevoke?: (key: KeyView) => void }) {
  const trpc = useTRPC();
  const catalog = useQuery(trpc.catalog.list.queryOptions(undefined, { staleTime: 60_000 })).data;
  const names = new Map(catalog?.apps.map((app) => [app.id, app.name]));
  return (
    <Table label="API keys">
      <thead>
        <tr className="[&>th]:border-t">
          <Th>Name</Th>
          <Th className="max-lg:hidden">Kind</Th>
          <Th className="max-md:hidden">Key</Th>
          <Th className="max-lg:hidden">Allowed</Th>
          <Th className="max-xl:hidden">Apps</Th>
          <Th className="text-right max-xl:hidden">Limit</Th>
          <Th className="max-md:hidden">Last used</Th>
          {onRevoke && (
            <Th>
              <span className="sr-only">Actions</span>
            </Th>
          )}
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <KeyRow key={key.keyId} item={key} names={names} onRevoke={onRevoke} />
        ))}
      </tbody>
    </Table>
  );
}

function KeyRow({
  item,
  names,
  onRevoke,
}: {
  item: KeyView;
  names: Map<string, string>;
  onRevoke?: (key: KeyView) => void;
}) {
  const now = useNow();
  const status = statusOf(item, now);
  const over = status !== "active";
  return (
    <Tr className={cx(over && "text-ink-2")}>
      <RowHead className="max-w-80">
        <span className="grid min-w-0 gap-1">
          <span className={cx("font-medium wrap-anywhere", over && "text-ink-2")}>{item.name}</span>
          <span className="flex flex-wrap items-center gap-1.5 lg:hidden">
            <KindBadges item={item} />
          </span>
          <span className="text-12 wrap-anywhere text-ink-2 lg:hidden">
            <Allowed item={item} />
          </span>
          <span className="md:hidden">
            <KeyText item={item} />
          </span>
          <StatusLine item={item} status={status} />
        </span>
      </RowHead>
      <Td className="max-lg:hidden">
        <span className="flex gap-1.5">
          <KindBadges item={item} />
        </span>
      </Td>
      <Td className="max-md:hidden">
        <KeyText item={item} />
      </Td>
      <Td className="max-w-56 text-13 wrap-anywhere text-ink-2 max-lg:hidden">
        <Allowed item={item} />
      </Td>
      <Td className="text-13 whitespace-nowrap text-ink-2 max-xl:hidden">
        {item.appPermissions ? <FirstOf items={item.appPermissions.map((id) => names.get(id) ?? id)} /> : "All"}
      </Td>
      <Td className="figures text-right text-13 whitespace-nowrap text-ink-2 max-xl:hidden">
        <span title={`${formatCount(item.rateLimit)} requests an hour, ${formatCount(item.rateBurst)} at once`}>
          {formatCompact(item.rateLimit)} an hour
        </span>
      </Td>
      <Td className="figures text-13 whitespace-nowrap text-ink-2 max-md:hidden">
        {item.lastUsedAt ? <RelativeTime iso={item.lastUsedAt} /> : "Never"}
      </Td>
      {onRevoke && (
        <Td className="text-right">
          {status !== "revoked" && (
            <Button look="quiet" size="small" onClick={() => onRevoke(item)} aria-label={`Revoke ${item.name}`}>
              Revoke
            </Button>
          )}
        </Td>
      )}
    </Tr>
  );
}

function KindBadges({ item }: { item: KeyView }) {
  return (
    <>
      <Badge>{KINDS[item.kind].name}</Badge>
      <Badge tone={item.mode === "live" ? "accent" : "neutral"}>{MODES[item.mode].name}</Badge>
    </>
  );
}

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

function StatusLine({ item, status }: { item: KeyView; status: "active" | "expired" | "revoked" }) {
  const zone = useTimeZone();
  if (status === "revoked" && item.revokedAt) {
    return (
      <span className="flex items-center gap-1 text-12 text-red">
        <StoppedIcon size={14} /> Revoked {formatDay(item.revokedAt, zone)}
      </span>
    );
  }
  if (!item.expiresAt) return null;
  return status === "expired" ? (
    <span className="flex items-center gap-1 text-12 text-red">
      <StoppedIcon size={14} /> Expired {formatDay(item.expiresAt, zone)}
    </span>
  ) : (
    <span className="flex items-center gap-1 text-12 text-ink-2">
      <SoonIcon size={14} /> Expires {formatDay(item.expiresAt, zone)}
    </span>
  );
}
