"use client";

import { useQueryStates } from "nuqs";
import { useId, useState } from "react";
import { Button } from "@/components/button";
import { SelectField } from "@/components/field";
import { formatCount } from "@/components/format";
import { SettingsIcon } from "@/components/icons/interface";
import { SearchField } from "@/components/search-field";
import { type ProductPage, SORTS } from "../contract";
import { SHOWN, VIEW } from "./view";
import { FACET_NAMES, SORT_NAMES, valueName } from "./words";

/** Search, order and filters, all in the address. What could be chosen further is said with how many there would be. */
export function ProductFilters({ facets, currency }: { facets: ProductPage["facets"] | undefined; currency: string }) {
  const [view, setView] = useQueryStates(VIEW, { history: "replace" });
  const chosen = SHOWN.filter((facet) => view[facet] !== null).length;
  const [open, setOpen] = useState(chosen > 0);
  const id = useId();
  return (
    <div className="grid gap-3 px-4 py-3 md:px-5">
      <div className="grid grid-cols-[minmax(0,1fr)_auto] items-end gap-2 md:grid-cols-[minmax(0,24rem)_auto_minmax(0,12rem)] md:justify-start">
        <SearchField
          label="Search products"
          placeholder="Name, SKU, shape, colour…"
          value={view.q}
          maxLength={200}
          onChange={(event) => setView({ q: event.target.value, page: null })}
        />
        <Button
          icon={<SettingsIcon size={18} />}
          aria-expanded={open}
          aria-controls={id}
          onClick={() => setOpen((now) => !now)}
        >
          {chosen > 0 ? `Filters (${chosen})` : "Filters"}
        </Button>
        <div className="max-md:col-span-2">
          <SelectField
            label="Sort by"
            value={view.sort}
            onChange={(event) => setView({ sort: VIEW.sort.parse(event.target.value), page: null })}
          >
            {SORTS.map((sort) => (
              <option key={sort} value={sort}>
                {SORT_NAMES[sort]}
              </option>
            ))}
          </SelectField>
        </div>
      </div>
      <div id={id} hidden={!open} className="grid grid-cols-2 items-end gap-3 not-[[hidden]]:grid md:grid-cols-4">
        {SHOWN.map((facet) => {
          const value = view[facet];
          const values = facets?.[facet] ?? [];
          const known = value === null || values.some((each) => each.value === value);
          return (
            <SelectField
              key={facet}
              label={FACET_NAMES[facet]}
              value={value ?? ""}
              onChange={(event) => setView({ [facet]: event.target.value || null, page: null })}
            >
              <option value="">All</option>
              {!known && <option value={value}>{valueName(facet, value, currency)} (0)</option>}
              {values.map((each) => (
                <option key={each.value} value={each.value}>
                  {valueName(facet, each.value, currency)} ({formatCount(each.count)})
                </option>
              ))}
            </SelectField>
          );
        })}
        {(chosen > 0 || view.q) && (
          <Button look="quiet" className="justify-self-start" onClick={() => setView(null)}>
            Clear all
          </Button>
        )}
      </div>
    </div>
  );
}
