import { describe, expect, it } from "vitest";
import { guardHistory, type View } from "./leaving";

/** A window with some pages behind it, whose router hears of each step through them; steps are taken when `settle` says so. */
function browser(pages: string[], { tells = true } = {}) {
  const guards = new Set<(event: Event) => void>();
  const heard: string[] = [];
  const due: number[] = [];
  let at = 1;
  const step = (steps: number) => {
    if (steps === 0 || pages[at + steps] === undefined) return;
    at += steps;
    let stopped = false;
    const event = Object.assign(new Event("popstate"), { stopImmediatePropagation: () => (stopped = true) });
    // Node's own events know no way down; those of a browser reach who catches them there before the router.
    for (const guard of guards) guard(event);
    if (!stopped) heard.push(pages[at] ?? "");
  };
  const view = {
    addEventListener: (_: string, guard: (event: Event) => void, down: boolean) => void (down && guards.add(guard)),
    removeEventListener: (_: string, guard: (event: Event) => void) => void guards.delete(guard),
    location: {
      get pathname() {
        return (pages[at] ?? "").replace(/\?.*/, "");
      },
    },
    history: { go: (steps: number) => void due.push(steps) },
    ...(tells && {
      navigation: {
        get currentEntry() {
          return { index: at };
        },
      },
    }),
  } as unknown as View;
  const settle = () => {
    for (let next = due.shift(); next !== undefined; next = due.shift()) step(next);
  };
  return { view, heard, step, settle, page: () => pages[at] };
}

describe("the browser's back and forward, while something is typed", () => {
  it.each([
    ["back", -1, true],
    ["forward", 1, true],
    ["back, where the browser does not tell its place", -1, false],
  ])("%s: asked, with the address put back and the router none the wiser, and left when one may", (_, steps, tells) => {
    const { view, heard, step, settle, page } = browser(["/apps", "/apps/vto/configure", "/billing"], { tells });
    const asked: (() => void)[] = [];
    const end = guardHistory(view, (go) => asked.push(go));
    for (const time of [1, 2]) {
      step(steps);
      settle();
      expect([page(), heard, asked.length]).toEqual(["/apps/vto/configure", [], time]);
    }
    asked[1]?.();
    settle();
    expect(heard).toEqual([steps < 0 ? "/apps" : "/billing"]);
    expect(page()).toBe(heard[0]);
    end();
  });

  it("a step within the page is the router's, and so is every one once nothing is typed", () => {
    const { view, heard, step, settle, page } = browser(["/a", "/a?sort=price", "/b"]);
    const end = guardHistory(view, () => heard.push("asked"));
    step(-1);
    settle();
    expect(heard).toEqual(["/a"]);
    end();
    step(2);
    settle();
    expect(page()).toBe("/b");
    expect(heard).toEqual(["/a", "/b"]);
  });
});
