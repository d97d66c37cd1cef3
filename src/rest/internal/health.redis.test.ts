import { afterAll, afterEach, describe, expect, it } from "vitest";
import { closeDb } from "@/db/client";
import { createRedis, redis, shareRedis } from "@/lib/redis";
import { getHealth, getReady } from "./health";

const real = redis();
afterEach(() => shareRedis(real));
afterAll(closeDb);

const asked = () => new Request("http://localhost/api/ready", { headers: { "x-request-id": "look-1" } });

describe("whether it is ready", () => {
  it("is yes while both stores answer", async () => {
    const answer = await getReady(asked());
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ status: "ok", postgres: "ok", redis: "ok" });
  });

  it("is no while one does not: an error like any other, which says which", async () => {
    shareRedis(createRedis({ url: "http://127.0.0.1:9", token: "t", budgetMs: 500 }));
    const answer = await getReady(asked());
    expect(answer.status).toBe(503);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await answer.json()).toEqual({
      type: "/docs/api/errors#metering_unavailable",
      title: "Metering is not available",
      status: 503,
      detail: "Redis does not answer.",
      code: "metering_unavailable",
      request_id: "look-1",
      postgres: "ok",
      redis: "away",
    });
    // Alive it is all the same: nothing is gained by starting it anew.
    expect(getHealth(asked()).status).toBe(200);
  });
});
