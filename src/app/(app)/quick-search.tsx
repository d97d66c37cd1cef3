"use client";

import { Dialog } from "@base-ui/react/dialog";
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { buttonClass } from "@/components/button";
import { cx } from "@/components/cx";
import { AppIcon } from "@/components/icons/apps";
import { SearchIcon } from "@/components/icons/interface";
import { leaveFor } from "@/components/leaving";
import { ActivationBadge } from "@/features/catalog/components/app-badges";
import { mentions } from "@/features/catalog/rules";
import type { Permission } from "@/features/team/rules";
import { useTRPC } from "@/trpc/client";
import { placesFor } from "./navigation";

interface Found {
  readonly href: string;
  readonly name: string;
  readonly icon: ReactNode;
  readonly note?: ReactNode;
}

/** Search across apps and pages, opened by its button or by the keys that open such things everywhere. */
export function QuickSearch({ permissions }: { permissions: Permission[] }) {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey) || event.altKey || event.shiftKey)
        return;
      event.preventDefault();
      setOpen((before) => !before);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Trigger
        aria-keyshortcuts="Control+K Meta+K"
        className={cx(
          buttonClass("quiet", "icon"),
          "md:h-9 md:w-full md:justify-start md:border md:border-line-control md:px-2.5 md:font-normal",
        )}
      >
        <SearchIcon size={18} />
        <span className="text-13 max-md:sr-only">
          Search<span className="sr-only"> apps and pages</span>
        </span>
        <span aria-hidden="true" className="ml-auto font-sans text-12 text-ink-3 max-md:hidden">
          Ctrl K
        </span>
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-veil transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <Dialog.Popup className="fixed inset-x-3 top-16 z-50 mx-auto max-w-[36rem] overflow-hidden rounded-dialog border border-line bg-surface shadow-float outline-none transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0 md:top-28">
          <Dialog.Title className="sr-only">Search apps and pages</Dialog.Title>
          <Results permissions={permissions} onDone={() => setOpen(false)} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** What to say where nothing is found: nothing can be known of apps before they have come. */
const none = (known: boolean, failed: boolean): string =>
  known ? "Nothing is called that." : failed ? "The apps could not be loaded, and no page is called that." : "Looking…";

function Results({ permissions, onDone }: { permissions: Permission[]; onDone: () => void }) {
  const trpc = useTRPC();
  const router = useRouter();
  const { data, error } = useQuery(trpc.catalog.list.queryOptions(undefined, { staleTime: 60_000 }));
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const list = useId();
  const options = useRef<HTMLDivElement>(null);
  const words = typed.trim().toLowerCase();
  const found: Found[] = [
    ...placesFor(permissions)
      .filter(({ name }) => name.toLowerCase().includes(words))
      .map(({ href, name, icon }) => ({
        href,
        name,
        icon: <span className="grid size-7 place-items-center">{icon}</span>,
      })),
    ...(data?.apps ?? [])
      .filter((app) => mentions(app, words))
      // What is meant stands in the name more often than in what is said about it.
      .toSorted((a, b) => Number(b.name.toLowerCase().includes(words)) - Number(a.name.toLowerCase().includes(words)))
      .map((app) => ({
        href: `/apps/${app.slug}`,
        name: app.name,
        icon: <AppIcon appId={app.id} size={28} />,
        note: <ActivationBadge activation={app.activation} />,
      })),
  ];
  const current = Math.min(at, found.length - 1);
  useEffect(() => {
    options.current?.children[current]?.scrollIntoView({ block: "nearest" });
  }, [current]);
  const go = (place: Found | undefined) => {
    if (!place) return;
    onDone();
    leaveFor(place.href, () => router.push(place.href));
  };
  return (
    <>
      <div className="relative border-b border-line">
        <SearchIcon size={20} className="pointer-events-none absolute inset-y-0 left-4 my-auto text-ink-3" />
        <input
          role="combobox"
          aria-expanded="true"
          aria-controls={list}
          aria-activedescendant={found[current] ? `${list}-${current}` : undefined}
          aria-label="Search apps and pages"
          placeholder="Search apps and pages"
          autoComplete="off"
          value={typed}
          maxLength={100}
          onChange={(event) => {
            setTyped(event.target.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            if (event.key === "ArrowDown") setAt((current + 1) % Math.max(1, found.length));
            else if (event.key === "ArrowUp") setAt((current + found.length - 1) % Math.max(1, found.length));
            else if (event.key === "Enter" && !event.nativeEvent.isComposing) go(found[current]);
            else return;
            event.preventDefault();
          }}
          className="h-13 w-full bg-transparent pr-4 pl-12 text-16 outline-none"
        />
      </div>
      <div
        ref={options}
        id={list}
        aria-label="Apps and pages"
        role="listbox"
        className="max-h-[min(50dvh,24rem)] overflow-y-auto p-2"
      >
        {found.map((place, index) => (
          <div
            key={place.href}
            id={`${list}-${index}`}
            role="option"
            aria-selected={index === current}
            tabIndex={-1}
            className={cx(
              "flex h-11 cursor-pointer items-center gap-3 rounded-control px-2 text-14",
              index === current ? "bg-inset text-ink" : "text-ink-2",
            )}
            onPointerMove={() => setAt(index)}
            onClick={() => go(place)}
            onKeyDown={(event) => event.key === "Enter" && go(place)}
          >
            {place.icon}
            <span className="min-w-0 flex-1 truncate">{place.name}</span>
            {place.note}
          </div>
        ))}
      </div>
      <p role="status" className={found.length === 0 ? "px-4 pb-6 text-center text-13 text-ink-2" : "sr-only"}>
        {found.length === 0 && none(data !== undefined, error !== null)}
      </p>
    </>
  );
}
