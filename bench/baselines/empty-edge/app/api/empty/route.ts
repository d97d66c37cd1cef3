export const runtime = "edge";

/** The least an edge route can do that asks Redis something: one fetch, one answer. */
export async function POST(): Promise<Response> {
  const answer = await fetch(process.env.UPSTASH_REDIS_REST_URL ?? "", {
    method: "POST",
    headers: {
      Authorization: `Bearer ${process.env.UPSTASH_REDIS_REST_TOKEN}`,
      "Content-Type": "application/json",
    },
    body: '["PING"]',
    cache: "no-store",
  });
  return new Response(await answer.text(), { headers: { "Content-Type": "application/json" } });
}
