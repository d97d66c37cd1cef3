import { execFileSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { readJson, writeJson } from "./files";
import { commandOf } from "./processes";

// Below the range from which systems hand out ports to outgoing connections, so that a remembered port stays free.
const LOWEST = 20_000;
const HIGHEST = 31_999;

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      resolve(error.code !== "EADDRINUSE" && error.code !== "EACCES"),
    );
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** True where nothing listens on the port, on either loopback address: `localhost` may mean both. */
export async function isPortFree(port: number): Promise<boolean> {
  return (await canListen(port, "127.0.0.1")) && (await canListen(port, "::1"));
}

/** A port of 127.0.0.1 that is free now; `preferred` if that is. */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await isPortFree(preferred))) return preferred;
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = randomInt(LOWEST, HIGHEST + 1);
    if (await isPortFree(port)) return port;
  }
  throw new Error(`No free port was found between ${LOWEST} and ${HIGHEST}`);
}

/**
 * The port a part had last time, or a new one, which is remembered in `ports.json`.
 * @returns the port, and `moved` with the former one where somebody else has taken it meanwhile
 */
export async function rememberedPort(
  dataDir: string,
  part: string,
  preferred?: number,
): Promise<{ port: number; moved?: number }> {
  const file = join(dataDir, "ports.json");
  const known = readJson(file)[part];
  const former = typeof known === "number" ? known : undefined;
  const port = await freePort(former ?? preferred);
  if (port !== former) writeJson(file, { ...readJson(file), [part]: port });
  return former !== undefined && former !== port ? { port, moved: former } : { port };
}

/** Who listens on a port, as far as this user may know: `"node server.js" (pid 123)`. */
export function portHolder(port: number): string | undefined {
  try {
    return process.platform === "linux" ? linuxHolder(port) : lsofHolder(port);
  } catch {
    return undefined;
  }
}

function linuxHolder(port: number): string | undefined {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const LISTEN = "0A";
  const sockets = new Set<string>();
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of readFileSync(table, "utf8").split("\n").slice(1)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === LISTEN && local?.endsWith(`:${hex}`) && inode) sockets.add(`socket:[${inode}]`);
    }
  }
  if (sockets.size === 0) return undefined;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const holds = readdirSync(`/proc/${pid}/fd`).some((fd) => sockets.has(readlinkSync(`/proc/${pid}/fd/${fd}`)));
      if (holds) return `"${commandOf(Number(pid)).slice(0, 60)}" (pid ${pid})`;
    } catch {
      // Another user's process, or one that has just ended: not ours to look into.
    }
  }
  return undefined;
}

function lsofHolder(port: number): string | undefined {
  const output = execFileSync("lsof", ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-Fpc"], { encoding: "utf8" });
  const pid = /^p(\d+)/m.exec(output)?.[1];
  const name = /^c(.+)/m.exec(output)?.[1];
  return pid && name ? `${name} (pid ${pid})` : undefined;
}
