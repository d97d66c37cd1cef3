import { accessSync, constants, mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { WrongVersion } from "@/db/migrate";
import { isDatabaseAway } from "@/lib/database-away";
import { EnvError } from "@/lib/env";

/** A reason not to serve, worded for the operator. */
export class StartError extends Error {}

const chain = (error: unknown): Error[] => {
  const found: Error[] = [];
  for (let at: unknown = error; at instanceof Error && found.length < 5; at = at.cause) found.push(at);
  return found;
};
const codeOf = (error: Error): string => ("code" in error ? String(error.code) : "");
const roleOf = (url: string | undefined): string =>
  url && URL.canParse(url) ? decodeURIComponent(new URL(url).username) : "";

/** What Postgres's codes mean to somebody who starts this, and what to do. `which` names the variable with the address. */
function ofPostgres(code: string, which: string, url: string | undefined): string | undefined {
  const role = roleOf(url);
  const base = url && URL.canParse(url) ? decodeURIComponent(new URL(url).pathname.slice(1)) : "";
  switch (code) {
    case "28P01":
    case "28000":
      return `Postgres does not let the role ${role} in: it does not exist, may not log in, or has another password than ${which} says. See docs/operations.md for the two roles.`;
    case "3D000":
      return `There is no database ${base}: as a superuser type CREATE DATABASE ${base} OWNER ${role};`;
    case "42501":
      return `The role ${role} of ${which} lacks a right: it must own the database ${base}${/_preview_/.test(base) ? ", and be allowed to create it (ALTER ROLE … CREATEDB)" : ""}.`;
    case "53100":
      return "Postgres's disk is full: make room there, then start again.";
  }
  return undefined;
}

/**
 * The sentence for what stopped a start.
 * @returns undefined where nothing is known of it, and the error itself has to be shown
 */
export function sentenceFor(error: unknown, which = "DATABASE_URL"): string | undefined {
  if (error instanceof EnvError || error instanceof StartError || error instanceof WrongVersion) return error.message;
  if (isDatabaseAway(error)) return `Postgres does not answer at ${which}; nothing is served.`;
  for (const at of chain(error)) {
    const code = codeOf(at);
    // A migration's own words.
    if (code === "P0001" && at.message.startsWith("The role ")) return at.message;
    const known = ofPostgres(code, which, process.env[which]);
    if (known) return known;
    const path = "path" in at && typeof at.path === "string" ? at.path : "a file";
    if (code === "ENOSPC") return `The disk is full: ${path} could not be written. Make room, then start again.`;
    if (code === "EDQUOT") return `The quota of the disk is used up: ${path} could not be written.`;
    if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
      return `${path} cannot be written by this user: give it to the user who starts this, or start as its owner.`;
    }
  }
  return undefined;
}

/** @throws StartError where this user may not write into a folder that a build needs; makes the folder */
export function requireWritable(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch {
    throw new StartError(
      `The folder ${folder} cannot be written by this user, and the build has to be put there: give it to the user who ` +
        "starts this, or build first (`npm run build`) as its owner.",
    );
  }
}

/** @throws StartError where something listens on the port already, or the number is none */
export async function requirePort(text: string, host: string | undefined): Promise<void> {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535) {
    throw new StartError(`PORT must be a number between 1 and 65535, and it is "${text}".`);
  }
  const code = await new Promise<string | undefined>((done) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => done(error.code ?? "unknown"));
    server.listen({ port, ...(host ? { host } : {}), exclusive: true }, () => server.close(() => done(undefined)));
  });
  if (code === "EADDRINUSE") throw new StartError(`Port ${port} is taken: stop who has it, or set PORT to another.`);
  if (code === "EACCES") throw new StartError(`Port ${port} may not be used by this user: set PORT to one above 1023.`);
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") {
    throw new StartError(`HOST is ${host}, which is no address of this machine.`);
  }
}
