import type { Facet, Sort } from "@/features/products/contract";
import type { FinderAnswer, FinderFrame } from "@/features/products/finder/contract";
import type { WidgetApp } from "../app";
import { h, show, svg } from "../dom";
import { brandsOwn, SHIPPED } from "../shipped";
import { COMMON } from "../words";
import { labelOf, money } from "./label";
import { sampleAnswer } from "./sample";
import { FINDER_WORDS, type FinderWords } from "./words";

/** Frame Finder: words and filters over the brand's frames, answered as one types. The shop's own page sells. */

/** How long typing rests before it is asked, ms. */
const REST_MS = 220;
/** How long a frame is in view before it counts as seen, ms: scrolled past is not seen. */
const SEEN_MS = 600;
const SORTS: readonly Sort[] = ["relevance", "name", "newest", "price_low", "price_high"];

/** A pair of glasses in outline, where there is no picture. */
const outline = (): SVGElement =>
  svg(
    "svg",
    { viewBox: "0 0 48 24", "aria-hidden": "true" },
    svg("path", {
      d: "M7 13a7 7 0 1 0 14 0a7 7 0 1 0-14 0M27 13a7 7 0 1 0 14 0a7 7 0 1 0-14 0M21 11q3-2 6 0M7 12 3 9M41 12l4-3",
    }),
  );

export const frameFinder: WidgetApp = (context) => {
  const words = FINDER_WORDS[context.language] ?? (FINDER_WORDS.en as FinderWords);
  const { root, language } = context;
  const chosen = new Map<Facet, Set<string>>();
  let sort: Sort | null = null;
  let page = 1;
  /** Grows with every question, so that an answer that comes late changes nothing. */
  let turn = 0;
  let timer = 0;
  let currency = "";
  /** In the preview of a brand that has no frames yet. */
  let isSample = false;

  const name = (facet: Facet, value: string): string => labelOf(facet, value, words, currency, language);

  const input = h("input", {
    type: "search",
    id: "q",
    "aria-label": words.search,
    placeholder: words.placeholder,
    autocomplete: "off",
    enterkeyhint: "search",
    maxlength: "200",
  });
  const sorting = h(
    "select",
    { "aria-label": words.sort },
    ...SORTS.map((each) => h("option", { value: each }, words.sorts[each])),
  );
  const filters = h("div", { class: "facets", id: "facets", hidden: true });
  const toggle = h("button", { type: "button", "aria-expanded": "false", "aria-controls": "facets" }, words.filters);
  const chips = h("div", { class: "chips" });
  const status = h("p", { role: "status", class: "note found" }, words.loading);
  const list = h("ul", { class: "frames" });
  // Below the filters, which may fill a phone: what they leave, and the way to it.
  const see = h("button", { type: "button", class: "main" });
  const more = h("button", { type: "button", class: "more", hidden: true }, words.more);
  const nothing = h("div", { class: "nothing" });

  const ask = async (): Promise<FinderAnswer> => {
    const query = new URLSearchParams({ q: input.value, page: String(page), ...(sort ? { sort } : {}) });
    for (const [facet, values] of chosen) for (const value of values) query.append(facet, value);
    const asked = context.ask(`products?${query}`) as Promise<FinderAnswer>;
    if (!context.preview) return asked;
    const own = await asked.catch(() => null);
    isSample = own === null || own.all === 0;
    return own && !isSample ? own : sampleAnswer(context.configuration, input.value);
  };

  const choose = (frame: FinderFrame, position: number): void => {
    const { sku, name: called, url } = frame;
    context.result({ action: "choose", sku, name: called, url, position, query: input.value });
    status.textContent = words.chosen(called);
    // Where the brand has named no page the shop's own script does what there is to do.
    if (!url) context.close();
  };

  const card = (frame: FinderFrame, position: number): HTMLElement => {
    const picture = frame.image
      ? h("img", { src: frame.image, alt: "", loading: "lazy", width: "360", height: "200" })
      : h("span", { class: "blank" }, outline());
    const facts = [frame.brand, frame.colour, frame.size].filter(Boolean).join(" · ");
    const inside = [
      h("span", { class: "picture-of" }, picture),
      h("span", { class: "frame-name" }, frame.name),
      h("span", { class: "note" }, facts),
      frame.price_cents !== null && h("span", { class: "price" }, money(frame.price_cents, frame.currency, language)),
    ];
    const onclick = (event: Event): void => {
      if (context.preview) event.preventDefault();
      else choose(frame, position);
    };
    // The shop's page, in the shop's window: this frame is only a window in it.
    return frame.url && /^https?:\/\//i.test(frame.url)
      ? h("a", { class: "frame", href: frame.url, target: "_top", onclick }, ...inside)
      : h("button", { type: "button", class: "frame", "aria-label": words.choose(frame.name), onclick }, ...inside);
  };

  const change = (facet: Facet, value: string, on: boolean): void => {
    const values = chosen.get(facet) ?? new Set();
    if (on) values.add(value);
    else values.delete(value);
    chosen.set(facet, values);
    begin();
  };

  const drawFilters = (answer: FinderAnswer): void => {
    const focused = document.activeElement instanceof HTMLInputElement ? document.activeElement.id : "";
    filters.replaceChildren(
      ...answer.facets.map(({ name: facet, values }) => {
        const all = [...values];
        for (const value of chosen.get(facet) ?? []) {
          if (!all.some((each) => each.value === value)) all.push({ value, count: 0 });
        }
        return h(
          "fieldset",
          {},
          h("legend", {}, words.facets[facet]),
          ...all.map(({ value, count }) => {
            const box = h("input", {
              type: "checkbox",
              id: `${facet}:${value}`,
              checked: chosen.get(facet)?.has(value) ?? false,
              onchange: (event) => change(facet, value, (event.target as HTMLInputElement).checked),
            });
            return h("label", {}, box, h("span", {}, name(facet, value)), h("small", {}, String(count)));
          }),
        );
      }),
      see,
    );
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    const taken = [...chosen].flatMap(([facet, values]) => [...values].map((value) => ({ facet, value })));
    toggle.textContent = taken.length > 0 ? `${words.filters} (${taken.length})` : words.filters;
    chips.replaceChildren(
      ...taken.map(({ facet, value }) =>
        h(
          "button",
          {
            type: "button",
            "aria-label": words.remove(name(facet, value)),
            onclick: () => {
              change(facet, value, false);
              toggle.focus();
            },
          },
          `${name(facet, value)} ×`,
        ),
      ),
      ...(taken.length > 1
        ? [
            h(
              "button",
              {
                type: "button",
                class: "plain",
                onclick: () => {
                  chosen.clear();
                  toggle.focus();
                  begin();
                },
              },
              words.clear,
            ),
          ]
        : []),
    );
  };

  const sentence = ({ total, all, close }: FinderAnswer): string => {
    const count = (value: number): string => new Intl.NumberFormat(language).format(value);
    const many =
      total === 1 && all === 1
        ? words.count1
        : total === all
          ? words.countN(count(all))
          : words.of(count(total), count(all));
    const lead = isSample ? `${words.sample} ` : "";
    return `${lead}${close && total > 0 ? `${words.close(input.value.trim())} ` : ""}${many}`;
  };

  const skus = new WeakMap<Element, string>();
  const glances = new Map<Element, number>();
  const seen = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        clearTimeout(glances.get(target));
        const sku = skus.get(target);
        if (isIntersecting && sku)
          glances.set(
            target,
            window.setTimeout(() => context.saw(sku), SEEN_MS),
          );
      }
    },
    { threshold: 0.5 },
  );

  const draw = (answer: FinderAnswer): void => {
    currency = answer.currency;
    sort ??= answer.sort;
    sorting.value = sort;
    const shown = page === 1 ? 0 : list.childElementCount;
    if (page === 1) list.replaceChildren();
    const items = answer.frames.map((frame, at) => h("li", {}, card(frame, shown + at + 1)));
    list.append(...items);
    if (page === 1) seen.disconnect();
    for (const [at, item] of items.entries()) {
      skus.set(item, answer.frames[at]?.sku ?? "");
      seen.observe(item);
    }
    // Whoever asked for more is put to the first of them.
    if (page > 1) (items[0]?.firstElementChild as HTMLElement | undefined)?.focus();
    more.hidden = answer.page >= answer.pages;
    drawFilters(answer);
    status.textContent = sentence(answer);
    see.textContent = words.see(new Intl.NumberFormat(language).format(answer.total));
    nothing.replaceChildren();
    if (answer.total > 0) return;
    const isEmpty = answer.all === 0;
    nothing.append(
      h("h2", {}, isEmpty ? words.empty : words.none),
      h("p", {}, isEmpty ? words.emptyHint : brandsOwn(answer.no_results, SHIPPED.noResults) || words.noneHint),
    );
  };

  const fail = (reason: unknown): void => {
    const code = (reason as { code?: unknown } | null)?.code;
    const over = code === "invalid_api_key" || code === "app_not_active";
    const common = COMMON[language];
    if (page > 1) page -= 1;
    status.textContent = "";
    nothing.replaceChildren(
      h("h2", {}, over ? common.overTitle : words.failed),
      h("p", { role: "alert" }, over ? common.over : words.failedHint),
      ...(over ? [] : [h("button", { type: "button", onclick: again }, words.again)]),
    );
  };

  const go = (): void => {
    const mine = ++turn;
    list.setAttribute("aria-busy", "true");
    ask().then(
      (answer) => {
        if (mine !== turn) return;
        list.removeAttribute("aria-busy");
        draw(answer);
      },
      (reason: unknown) => {
        if (mine !== turn) return;
        list.removeAttribute("aria-busy");
        fail(reason);
      },
    );
  };
  function begin(): void {
    clearTimeout(timer);
    page = 1;
    go();
  }

  /** The button that was pressed goes with what it stands in: the keyboard is put where the view begins. */
  function again(): void {
    root.querySelector("h1")?.focus({ preventScroll: true });
    begin();
  }

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(begin, REST_MS);
  });
  // Escape empties the search first; once more, and it closes the window.
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") begin();
    if (event.key !== "Escape" || input.value === "") return;
    event.preventDefault();
    input.value = "";
    begin();
  });
  sorting.addEventListener("change", () => {
    sort = SORTS.find((each) => each === sorting.value) ?? "relevance";
    begin();
  });
  const open = (isOpen: boolean): void => {
    filters.hidden = !isOpen;
    toggle.setAttribute("aria-expanded", String(isOpen));
  };
  toggle.addEventListener("click", () => open(filters.hidden === true));
  see.addEventListener("click", () => {
    open(false);
    toggle.focus();
  });
  more.addEventListener("click", () => {
    // One page after the other: a second press would have the first one's answer come too late, and leave its frames out.
    if (list.hasAttribute("aria-busy")) return;
    page += 1;
    go();
  });

  show(
    root,
    h(
      "section",
      { class: "finder" },
      h("h1", {}, context.name),
      h("div", { class: "bar", role: "search" }, input, toggle, sorting),
      filters,
      chips,
      status,
      list,
      nothing,
      more,
    ),
  );
  begin();
  return () => {
    turn += 1;
    clearTimeout(timer);
    seen.disconnect();
  };
};
