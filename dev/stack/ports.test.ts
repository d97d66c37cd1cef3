import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freePort, isPortFree, portHolder, rememberedPort } from "./ports";

let folder: string;
const servers: Server[] = [];
const hold = async (port: number): Promise<void> => {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ports-"));
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  rmSync(folder, { recursive: true });
});

describe("ports", () => {
  it("keeps a part's port from one start to the next", async () => {
    const first = await rememberedPort(folder, "redis");
    expect(await rememberedPort(folder, "redis")).toEqual({ port: first.port });
    const other = await rememberedPort(folder, "postgres");
    expect(JSON.parse(readFileSync(join(folder, "ports.json"), "utf8"))).toEqual({
      redis: first.port,
      postgres: other.port,
    });
  });

  it("moves where somebody else has taken it, and says from where", async () => {
    const { port } = await rememberedPort(folder, "redis");
    await hold(port);
    const next = await rememberedPort(folder, "redis");
    expect(next.moved).toBe(port);
    expect(next.port).not.toBe(port);
    expect(await rememberedPort(folder, "redis")).toEqual({ port: next.port });
  });

  it("prefers what it is asked to prefer, unless that is taken", async () => {
    const port = await freePort();
    expect(await freePort(port)).toBe(port);
    await hold(port);
    expect(await isPortFree(port)).toBe(false);
    expect(await freePort(port)).not.toBe(port);
  });

  it.runIf(process.platform === "linux")("knows who has a port", async () => {
    const port = await freePort();
    expect(portHolder(port)).toBeUndefined();
    await hold(port);
    expect(portHolder(port)).toContain(`(pid ${process.pid})`);
  });
});
