import { callTRPCProcedure } from "@trpc/server";
import { afterAll, beforeAll, expect, it } from "vitest";
import { actingAs } from "@/auth/gate";
import { loadSession, openSession } from "@/auth/store";
import { closeDb, db } from "@/db/client";
import { seedCatalog } from "@/db/seed/catalog";
import { LIMITS } from "@/lib/limits";
import { metering } from "@/rest/internal/metering";
import { makeBrand } from "@/test/brands";
import type { TrpcContext } from "./context";
import { PublicError } from "./errors";
import { appRouter } from "./root";

/** What is sent out at once to an address that somebody named could be pointed at anybody: so many an hour, for each brand. */

beforeAll(() => seedCatalog(db()));
afterAll(closeDb);

async function contextOf(): Promise<TrpcContext> {
  const { userId } = (await makeBrand(db())).people.admin;
  const sessionId = (await openSession(db(), userId, null)) ?? "";
  const session = await loadSession(db(), { sessionId, userId });
  if (!session) throw new Error("no session");
  return { session: async () => ({ state: "in", session }), actAs: (found) => actingAs(db(), found), metering };
}

const NOTHING = { id: "01970000-0000-7000-8000-000000000000" };
/** What is refused a call for an endpoint, room or rule that is not there: it is counted before it is looked for. */
async function problemOf(path: string, ctx: TrpcContext): Promise<string> {
  try {
    await callTRPCProcedure({
      ...{ router: appRouter, path, type: "mutation", ctx, signal: undefined, batchIndex: 0 },
      getRawInput: async () => NOTHING,
    });
  } catch (error) {
    if (error instanceof PublicError) return error.problem;
    throw error;
  }
  return "done";
}

it("trials of every kind share a brand's hour, and leave another brand's alone", async () => {
  const [one, other] = [await contextOf(), await contextOf()];
  const paths = ["webhooks.test", "notifications.testChatHook", "alerts.test"];
  for (let i = 0; i < LIMITS.trial; i++) expect(await problemOf(paths[i % 3] ?? "", one)).toBe("not_found");
  for (const path of paths) expect(await problemOf(path, one)).toBe("rate_limited");
  expect(await problemOf("webhooks.test", other)).toBe("not_found");
});
