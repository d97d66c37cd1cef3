import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it, vi } from "vitest";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

it("tells an error with its stack and without its secrets, once a DSN is set, and nothing before", async () => {
  const got: string[] = [];
  const server = createServer(async (request, response) => {
    got.push(`${request.url}\n${Buffer.concat(await request.toArray())}`);
    response.writeHead(200).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const dsn = `http://publickey@127.0.0.1:${(server.address() as AddressInfo).port}/42`;
  vi.resetModules();
  vi.stubEnv("SENTRY_DSN", "");
  const { reportError } = await import("./error-report");
  reportError(new Error("nobody hears of it"));
  vi.stubEnv("SENTRY_DSN", dsn);
  const { logger } = await import("./logger");
  logger.level = "silent";
  // A silent log reports nothing either: its level is what people asked for.
  logger.error({ err: new Error("unheard") }, "silent");
  reportError(
    { err: new Error("refused for ca_sk_live_x_AbCdEfGhIjKlMnOp"), job: "grants", password: "hunter2" },
    "it failed",
  );
  await expect.poll(() => got.length, { timeout: 5_000 }).toBe(1);
  await new Promise((resolve) => server.close(resolve));
  const [sent = ""] = got;
  expect(sent).toMatch(/^\/api\/42\/envelope\//);
  const event = JSON.parse(sent.split("\n").find((line) => line.includes('"exception"')) ?? "{}");
  const [exception] = event.exception.values;
  expect(exception).toMatchObject({ type: "Error", value: "refused for ca_[removed]" });
  expect(exception.stacktrace.frames.length).toBeGreaterThan(1);
  expect(event.extra).toMatchObject({ job: "grants", password: "[removed]", message: "it failed" });
  expect(sent).not.toMatch(/hunter2|AbCdEf|unheard|nobody/);
});
