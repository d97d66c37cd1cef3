import { describe, expect, it } from "vitest";
import { GROUPS, groupOf, Latencies, latencies, timed } from "./latency";

describe("latencies", () => {
  it("are counted under each bound, as Prometheus adds them up", () => {
    const all = new Latencies();
    for (const seconds of [0.001, 0.005, 0.19, 0.2, 0.201, 99]) all.note("consume", 200, seconds);
    all.note("consume", 402, 0.001);
    const text = all.text();
    const at = (le: string) => Number(new RegExp(`route="consume",status="2xx",le="${le}"} (\\d+)`).exec(text)?.[1]);
    expect(["0.005", "0.1", "0.2", "0.5", "10", "\\+Inf"].map(at)).toEqual([2, 2, 4, 5, 5, 6]);
    expect(text).toMatch(/_count\{route="consume",status="2xx"\} 6\n/);
    expect(text).toMatch(/_count\{route="consume",status="4xx"\} 1\n/);
    expect(text.endsWith("\n")).toBe(true);
  });

  it("of another process are added, and taken only once", () => {
    const [edge, node] = [new Latencies(), new Latencies()];
    edge.note("consume", 200, 0.01);
    node.note("consume", 200, 0.01);
    for (let n = 0; n < 2; n++) node.add(edge.take());
    expect(node.text()).toMatch(/_count\{route="consume",status="2xx"\} 2\n/);
  });

  it("know few groups, whatever a caller asks for", () => {
    const groups = [
      ["/api/v1/customer/tokens/consume", "consume"],
      ["/api/v1/customer/tokens/consume/batch", "consume"],
      ["/api/v1/customer/tokens/reservations/x/settle", "reservations"],
      ["/api/v1/customer/tokens/balance", "tokens"],
      ["/api/v1/customer/apps/vto-001/activate", "apps"],
      ["/api/v1/apps", "apps"],
      ["/api/v1/customer/billing/plans", "billing"],
      ["/api/v1/widget/sessions", "widget"],
      ["/api/trpc/keys.list", "pages"],
      ["/api/../../etc", "other"],
      ["/", "other"],
    ] as const;
    for (const [path, group] of groups) expect(groupOf(path), path).toBe(group);
    expect(GROUPS.length).toBeLessThan(20);
  });

  it("count what throws as a failure of ours", async () => {
    latencies().take();
    await expect(timed("apps", () => Promise.reject(new Error("x")))).rejects.toThrow();
    expect(latencies().text()).toContain('route="apps",status="5xx"');
  });
});
