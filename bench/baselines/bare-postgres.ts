// What one would write with Postgres alone: node:http, zod and postgres.js, one transaction a use, which takes the
// tokens from the account's row if they are there and writes down the use.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import postgres from "postgres";
import { z } from "zod";

interface Given {
  readonly databaseUrl: string;
  readonly port: number;
  readonly callers: readonly { readonly authorization: string; readonly account: string }[];
}

const given = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as Given;
const body = z.strictObject({
  app_id: z.string(),
  tokens_consumed: z.int().positive().optional(),
  session_id: z.string().max(100).optional(),
  metadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});
const sql = postgres(given.databaseUrl, { max: 20, onnotice: () => {} });
const accounts = new Map(given.callers.map(({ authorization, account }) => [authorization, account]));
const PRICE = 1;

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
    const account = accounts.get(request.headers.authorization ?? "");
    if (!account) return answer(401, { error: "unauthorized" });
    const read = body.safeParse(JSON.parse(text));
    if (!read.success) return answer(400, { error: "bad request" });
    const { app_id, session_id = null } = read.data;
    const left = await sql.begin(async (tx) => {
      const [row] = await tx<{ balance: string }[]>`
        update bench_accounts set balance = balance - ${PRICE} where id = ${account} and balance >= ${PRICE}
        returning balance`;
      if (!row) return undefined;
      await tx`insert into bench_usage (account, app_id, tokens, session_id) values (${account}, ${app_id}, ${PRICE}, ${session_id})`;
      return row.balance;
    });
    if (left === undefined) return answer(402, { error: "insufficient tokens" });
    answer(200, { success: true, app_id, tokens_remaining: Number(left) });
  });
});
server.keepAliveTimeout = 60_000;
server.listen(given.port, "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
