"use client";

import { useQueryStates } from "nuqs";
import { Button } from "@/components/button";
import { SelectField } from "@/components/field";
import { SearchField } from "@/components/search-field";
import { categoryName, TIER_NAMES } from "../rules";
import { WISH } from "./wish";

/** Search, filters and order, all in the address, so that a view can be sent to somebody. */
export function MarketplaceFilters({ categories }: { categories: readonly string[] }) {
  const [wish, setWish] = useQueryStates(WISH, { history: "replace" });
  const asked = wish.q || wish.category || wish.status || wish.tier || wish.mine;
  return (
    <div className="grid grid-cols-2 gap-3 md:grid-cols-4 xl:grid-cols-[minmax(0,1.6fr)_repeat(4,minmax(0,1fr))_auto] xl:items-end">
      <div className="col-span-2 self-end md:col-span-4 xl:col-span-1">
        <SearchField
          label="Search apps"
          placeholder="Search apps"
          value={wish.q}
          maxLength={100}
          onChange={(event) => setWish({ q: event.target.value })}
        />
      </div>
      <SelectField
        label="Category"
        value={wish.category ?? ""}
        onChange={(event) => setWish({ category: event.target.value || null })}
      >
        <option value="">All</option>
        {categories.map((category) => (
          <option key={category} value={category}>
            {categoryName(category)}
          </option>
        ))}
      </SelectField>
      <SelectField
        label="Status"
        value={wish.status ?? ""}
        onChange={(event) => setWish({ status: WISH.status.parse(event.target.value) })}
      >
        <option value="">All</option>
        <option value="available">Available</option>
        <option value="beta">Beta</option>
        <option value="deprecated">Being retired</option>
        <option value="disabled">No longer offered</option>
      </SelectField>
      <SelectField
        label="Plan"
        value={wish.tier ?? ""}
        onChange={(event) => setWish({ tier: WISH.tier.parse(event.target.value) })}
      >
        <option value="">All</option>
        {Object.entries(TIER_NAMES).map(([tier, name]) => (
          <option key={tier} value={tier}>
            {name}
          </option>
        ))}
      </SelectField>
      <SelectField
        label="Sort by"
        value={wish.sort}
        onChange={(event) => setWish({ sort: WISH.sort.parse(event.target.value) })}
      >
        <option value="name">Name</option>
        <option value="price">Price, low first</option>
        <option value="-price">Price, high first</option>
        <option value="mine">Yours first</option>
      </SelectField>
      <div className="col-span-2 flex items-end gap-2 md:col-span-4 xl:col-span-1">
        <label className="flex h-10 items-center gap-2 rounded-control border border-line-control bg-surface px-3 text-14 whitespace-nowrap has-checked:border-accent has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent md:h-9">
          <input
            type="checkbox"
            className="size-4 accent-(--accent) outline-none"
            checked={wish.mine}
            onChange={(event) => setWish({ mine: event.target.checked || null })}
          />
          Only yours
        </label>
        {asked && (
          <Button look="quiet" className="xl:hidden" onClick={() => setWish(null)}>
            Clear
          </Button>
        )}
      </div>
    </div>
  );
}
