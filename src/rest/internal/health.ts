import { pingDatabase } from "@/db/client";
import { json, problem, requestIdOf } from "@/lib/problem";
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
  const requestId = requestIdOf(request);
  const checks = { postgres, redis: store };
  const away = [...(postgres === "away" ? ["Postgres"] : []), ...(store === "away" ? ["Redis"] : [])];
  if (away.length === 0) return json({ status: "ok", ...checks }, 200, requestId);
  return problem("metering_unavailable", `${away.join(" and ")} ${away.length > 1 ? "do" : "does"} not answer.`, {
    ...{ requestId, more: checks },
    headers: { "Retry-After": "5" },
  });
}
