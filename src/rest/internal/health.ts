import { pingDatabase } from "@/db/client";
import { json, requestIdOf } from "@/lib/problem";
import { redis } from "@/lib/redis";

/** `GET /api/health`: the process is alive. Asks nothing of anything else. */
export const getHealth = (request: Request): Response => json({ status: "ok" }, 200, requestIdOf(request));

const answers = async (question: () => Promise<unknown>): Promise<"ok" | "away"> => {
  const late = new Promise<"away">((resolve) => setTimeout(() => resolve("away"), 2_000).unref());
  const asked = question().then(
    () => "ok" as const,
    () => "away" as const,
  );
  return Promise.race([asked, late]);
};

/** `GET /api/ready`: its stores answer; 503 where one does not, with which. */
export async function getReady(request: Request): Promise<Response> {
  const [postgres, store] = await Promise.all([answers(pingDatabase), answers(() => redis().ping())]);
  const ready = postgres === "ok" && store === "ok";
  return json(
    { status: ready ? "ok" : "unavailable", postgres, redis: store },
    ready ? 200 : 503,
    requestIdOf(request),
    ready ? {} : { "Retry-After": "5" },
  );
}
