import { describe, expect, it } from "vitest";
import { askBeforeLeaving, guardHistory, leaveAll, type View } from "./leaving";

type Listener = Parameters<NonNullable<View["navigation"]>["addEventListener"]>[1];

/** A window with some pages behind it, in the middle of which one stands. */
function browser(pages: string[]) {
  const guards = new Set<Listener>();
  let at = 1;
  const step = (steps: number, cancelable = true) => {
    const destination = { url: `https://app.example${pages[at + steps]}`, index: at + steps };
    const event = Object.assign(new Event("navigate", { cancelable }), { navigationType: "traverse", destination });
    for (const guard of guards) guard(event);
    if (!event.defaultPrevented) at += steps;
  };
  const view: View = {
    location: {
      get pathname() {
        return (pages[at] ?? "").replace(/\?.*/, "");
      },
    },
    history: { go: (steps) => step(steps) },
    navigation: {
      get currentEntry() {
        return { index: at };
      },
      addEventListener: (_, guard) => void guards.add(guard),
      removeEventListener: (_, guard) => void guards.delete(guard),
    },
  };
  return { view, step, page: () => pages[at] };
}

describe("the browser's back and forward, while something is typed", () => {
  it.each([
    ["back", -1, "/apps"],
    ["forward", 1, "/billing"],
  ])("%s: is not taken before it may be, and then is", (_, steps, there) => {
    const { view, step, page } = browser(["/apps", "/apps/vto/configure", "/billing"]);
    const asked: (() => void)[] = [];
    guardHistory(view, (go) => asked.push(go));
    for (const time of [1, 2]) {
      step(steps);
      expect([page(), asked.length]).toEqual(["/apps/vto/configure", time]);
    }
    asked[1]?.();
    expect(page()).toBe(there);
  });

  it("a step within the page is not asked for, nor one that the browser will not stop, nor any once nothing is typed", () => {
    const { view, step, page } = browser(["/a", "/a?sort=price", "/b"]);
    let asked = 0;
    const end = guardHistory(view, () => asked++);
    step(-1);
    expect([page(), asked]).toEqual(["/a", 0]);
    step(2, false);
    expect([page(), asked]).toEqual(["/b", 0]);
    step(-1);
    expect([page(), asked]).toEqual(["/b", 1]);
    end();
    step(-1);
    expect([page(), asked]).toEqual(["/a?sort=price", 1]);
  });

  it("without the Navigation API nothing is asked, and nothing breaks", () => {
    const { view } = browser(["/a", "/b", "/c"]);
    const { navigation: _, ...older } = view;
    expect(() => guardHistory(older, () => {})()).not.toThrow();
  });
});

it("what takes everything typed with it is asked for, and then done; it just is where nothing is typed", () => {
  const done: string[] = [];
  const asked: (() => void)[] = [];
  const end = askBeforeLeaving((go) => asked.push(go));
  expect(leaveAll(() => done.push("brand"))).toBe(true);
  expect([asked.length, done]).toEqual([1, []]);
  asked[0]?.();
  end();
  expect(leaveAll(() => done.push("signed out"))).toBe(false);
  expect([asked.length, done]).toEqual([1, ["brand", "signed out"]]);
});
