import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { readJson, writeJson } from "./files";

const NAMES = [
  "postgresAdmin",
  "postgresOwner",
  "postgresApp",
  "redis",
  "bridgeToken",
  "authSecret",
  "apiKeyPepper",
  "internalSecret",
  "metricsToken",
  "stripeKey",
  "stripeWebhook",
] as const;

/** What the local stack keeps to itself, by name. */
export type Secrets = Record<(typeof NAMES)[number], string> & { demoSecretKey?: string };

const fileOf = (dataDir: string): string => join(dataDir, "secrets.json");

/** Reads the stack's secrets; those that do not exist yet are made at random and kept, readable by the owner only. */
export function loadSecrets(dataDir: string): Secrets {
  const stored = readJson(fileOf(dataDir));
  const text = (name: string): string | undefined => {
    const value = stored[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  // URL-safe, because most of them stand in a URL.
  const entries = NAMES.map((name) => [name, text(name) ?? randomBytes(33).toString("base64url")] as const);
  const demoSecretKey = text("demoSecretKey");
  const secrets = { ...Object.fromEntries(entries), ...(demoSecretKey && { demoSecretKey }) } as Secrets;
  if (NAMES.some((name) => !text(name))) writeJson(fileOf(dataDir), secrets);
  return secrets;
}

/** Remembers the demo brand's secret key, which the database cannot show a second time. */
export function rememberDemoSecretKey(dataDir: string, key: string): void {
  writeJson(fileOf(dataDir), { ...loadSecrets(dataDir), demoSecretKey: key });
}
