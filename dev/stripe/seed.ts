import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Api } from "./api";

interface Fixture {
  readonly name: string;
  readonly path: string;
  readonly method: string;
  readonly params: Record<string, unknown>;
}

/** The fields of an object as Stripe's libraries write them into a form. */
export function asForm(value: unknown, name = ""): [string, string][] {
  if (typeof value !== "object" || value === null) return [[name, String(value)]];
  return Object.entries(value).flatMap(([key, inner]) => asForm(inner, name === "" ? key : `${name}[${key}]`));
}

/** Carries out fixtures.json, the file that `stripe fixtures` carries out on a real account, on the stand-in. */
export function seed(api: Api): void {
  const file = readFileSync(join(import.meta.dirname, "fixtures.json"), "utf8");
  const { fixtures } = JSON.parse(file) as { fixtures: Fixture[] };
  const made = new Map<string, Record<string, unknown>>();
  for (const { name, path, method, params } of fixtures) {
    const filled = asForm(params).map(([key, value]): [string, string] => [
      key,
      value.replaceAll(/\$\{(\w+):(\w+)\}/g, (_, of: string, field: string) => String(made.get(of)?.[field])),
    ]);
    const answer = api.handle({
      method: method.toUpperCase(),
      path,
      query: "",
      body: new URLSearchParams(filled).toString(),
      authorization: `Bearer ${api.secretKey}`,
      idempotencyKey: undefined,
      version: undefined,
    });
    if (answer.status !== 200) throw new Error(`fixtures.json: ${name}: ${JSON.stringify(answer.body)}`);
    made.set(name, answer.body as Record<string, unknown>);
  }
}
