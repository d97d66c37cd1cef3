"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/button";
import { Dialog, DialogActions, DialogBody } from "@/components/dialog";
import { Choice, ChoiceGroup, TextField } from "@/components/field";
import { CloseIcon } from "@/components/icons/interface";
import { Notice } from "@/components/notice";
import { describeFailure } from "@/components/query-error";
import { SearchField } from "@/components/search-field";
import { useTRPC } from "@/trpc/client";
import type { Flag, FlagState } from "../../flags/contract";
import { flagName } from "./words";

type Brand = Flag["brands"][number];

/** Says to whom something is open, with the reason. */
export function FlagDialog({ flag, onClose }: { flag: Flag; onClose: () => void }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [state, setState] = useState<FlagState>(flag.state);
  const [brands, setBrands] = useState<readonly Brand[]>(flag.brands);
  const [reason, setReason] = useState("");
  const [asked, setAsked] = useState(false);
  const set = useMutation(
    trpc.admin.setFlag.mutationOptions({
      onSuccess: async () => {
        toast(`${flagName(flag)}: changed, from the next request on`);
        await Promise.all([
          queries.invalidateQueries({ queryKey: trpc.admin.flags.queryKey() }),
          queries.invalidateQueries({ queryKey: trpc.catalog.pathKey() }),
        ]);
        onClose();
      },
    }),
  );
  const none = state === "some" && brands.length === 0;
  const short = reason.trim().length < 5;
  const options: readonly { value: FlagState; title: string; note: string }[] = [
    {
      value: "default",
      title: "As the product has it",
      note: flag.app ? "Open, or in beta as the apps in beta are." : "As the variable BETA_APPS says.",
    },
    { value: "on", title: "All brands", note: "Those whose plan covers it." },
    { value: "some", title: "Some brands", note: "Nobody else sees it." },
    { value: "off", title: "Nobody new", note: "It is off the marketplace; brands that have it keep it." },
  ];
  return (
    <Dialog firm open onOpenChange={(next) => next || onClose()} title={`${flagName(flag)}: open to whom?`}>
      <DialogBody>
        {set.error && (
          <Notice kind="stopped" title="Nothing was changed">
            {describeFailure(set.error)}
          </Notice>
        )}
        <ChoiceGroup legend="Open to" {...(asked && none && { error: "Name at least one brand." })}>
          {options.map(({ value, title, note }) => (
            <Choice
              key={value}
              type="radio"
              name="state"
              title={title}
              note={note}
              checked={state === value}
              onChange={() => setState(value)}
            />
          ))}
        </ChoiceGroup>
        {state === "some" && <Brands brands={brands} onChange={setBrands} />}
        <TextField
          label="Reason"
          hint="It stands in the audit log."
          maxLength={300}
          value={reason}
          onChange={({ target }) => setReason(target.value)}
          {...(asked && short && { error: "Say why, in at least 5 characters." })}
        />
      </DialogBody>
      <DialogActions>
        <Button onClick={onClose}>Not now</Button>
        <Button
          look="main"
          busy={set.isPending}
          onClick={() => {
            setAsked(true);
            const ids = state === "some" ? brands.map(({ id }) => id) : [];
            if (!none && !short) set.mutate({ name: flag.name, state, brands: ids, reason });
          }}
        >
          Change flag
        </Button>
      </DialogActions>
    </Dialog>
  );
}

/** Brands, found by name and added one by one. */
function Brands({ brands, onChange }: { brands: readonly Brand[]; onChange: (brands: readonly Brand[]) => void }) {
  const trpc = useTRPC();
  const [search, setSearch] = useState("");
  const q = useDeferredValue(search.trim().slice(0, 100));
  const { data } = useQuery(trpc.admin.customers.queryOptions({ q }, { enabled: q.length > 1 }));
  const found =
    q.length > 1 ? (data?.customers ?? []).filter(({ id }) => !brands.some((brand) => brand.id === id)) : [];
  return (
    <div className="grid gap-2">
      <SearchField
        label="Find a brand"
        placeholder="Name, id or e-mail address"
        value={search}
        onChange={({ target }) => setSearch(target.value)}
      />
      {found.length > 0 && (
        <ul className="grid rounded-control border border-line">
          {found.slice(0, 5).map(({ id, name, slug }) => (
            <li key={id} className="border-b border-line last:border-b-0">
              <button
                type="button"
                className="flex w-full flex-wrap items-baseline gap-x-2 px-3 py-2 text-left text-14 hover:bg-inset"
                onClick={() => {
                  onChange([...brands, { id, name }]);
                  setSearch("");
                }}
              >
                <span className="wrap-anywhere">{name}</span>
                <span className="text-12 wrap-anywhere text-ink-3">{slug}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <ul className="flex flex-wrap gap-1.5" aria-label="Brands it is open to">
        {brands.map((brand) => (
          <li
            key={brand.id}
            className="inline-flex items-center gap-1 rounded-control bg-inset pl-2.5 text-13 wrap-anywhere"
          >
            {brand.name}
            <Button
              look="quiet"
              size="icon"
              aria-label={`Take ${brand.name} out`}
              onClick={() => onChange(brands.filter(({ id }) => id !== brand.id))}
            >
              <CloseIcon size={16} />
            </Button>
          </li>
        ))}
      </ul>
    </div>
  );
}
