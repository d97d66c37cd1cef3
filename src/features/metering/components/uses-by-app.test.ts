import { describe, expect, it } from "vitest";
import { type Entry, usesByApp } from "./uses-by-app";

const use = (appId: string, tokens: number, kind: Entry["kind"] = "usage"): Entry => ({
  epoch: 1,
  seq: 1,
  kind,
  tokens,
  delta: -tokens,
  balanceAfter: 0,
  appId,
  appName: appId.toUpperCase(),
  usageId: null,
  occurredAt: "2026-11-21T13:02:07Z",
});

describe("usesByApp", () => {
  it("sums tokens and uses by app, the largest first", () => {
    expect(usesByApp([use("pdc-001", 1), use("vto-001", 5), use("pdc-001", 1)])).toEqual([
      { appId: "vto-001", name: "VTO-001", tokens: 5, uses: 1 },
      { appId: "pdc-001", name: "PDC-001", tokens: 2, uses: 2 },
    ]);
  });

  it("counts uses only", () => {
    expect(usesByApp([use("vto-001", 500, "grant"), use("vto-001", 5, "hold")])).toEqual([]);
  });

  it("counts unlimited uses, which change no balance", () => {
    expect(usesByApp([{ ...use("vto-001", 5), delta: 0 }])[0]?.tokens).toBe(5);
  });

  it("counts what was used of a hold, whatever came back of it", () => {
    expect(usesByApp([{ ...use("cai-001", 200, "settle"), delta: 100 }])).toMatchObject([{ tokens: 200, uses: 1 }]);
  });

  it("folds more than six apps into Other and loses nothing", () => {
    const apps = usesByApp(Array.from({ length: 9 }, (_, i) => use(`app-00${i}`, i + 1)));
    expect(apps).toHaveLength(6);
    expect(apps.at(-1)).toMatchObject({ appId: null, name: "Other", tokens: 1 + 2 + 3 + 4, uses: 4 });
    expect(apps.reduce((sum, app) => sum + app.tokens, 0)).toBe(45);
  });
});
