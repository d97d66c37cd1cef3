// What one would write by hand for the same script: node:http, zod and ioredis, and nothing else. Every key is known
// beforehand, so there is nothing to hash; the answer is whatever the script says.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Redis } from "ioredis";
import { z } from "zod";
import { type Stencil, stamp } from "../stencil";

interface Given {
  readonly redisUrl: string;
  readonly port: number;
  readonly script: string;
  readonly callers: readonly { readonly authorization: string; readonly stencil: Stencil }[];
}

const given = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as Given;
const body = z.strictObject({
  app_id: z.string(),
  tokens_consumed: z.int().positive().optional(),
  session_id: z.string().max(100).optional(),
  metadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});
const redis = new Redis(given.redisUrl);
const sha = String(await redis.script("LOAD", given.script));
const callers = new Map(
  given.callers.map(({ authorization, stencil }) => [authorization, { words: stamp(stencil), keys: stencil.keys }]),
);

const server = createServer((request, response) => {
  const answer = (status: number, value: unknown) => {
    const text = JSON.stringify(value);
    response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
    response.end(text);
  };
  let text = "";
  request.setEncoding("utf8");
  request.on("data", (chunk: string) => {
    text += chunk;
  });
  request.on("end", async () => {
    const caller = callers.get(request.headers.authorization ?? "");
    if (!caller) return answer(401, { error: "unauthorized" });
    const read = body.safeParse(JSON.parse(text));
    if (!read.success) return answer(400, { error: "bad request" });
    const reply = (await redis.evalsha(sha, caller.keys, ...caller.words())) as string[];
    answer(reply[0] === "ok" ? 200 : 402, { success: reply[0] === "ok", app_id: read.data.app_id, reply });
  });
});
server.keepAliveTimeout = 60_000;
server.listen(given.port, "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
