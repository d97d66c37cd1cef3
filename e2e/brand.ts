import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { APIRequestContext } from "@playwright/test";
import { stack, stackEnv } from "./stack";

/** A brand of its own for one journey, as `npm run brand:create` prints it. */
export interface OwnBrand {
  readonly customer_id: string;
  readonly public_key: string;
  readonly secret_key: string;
  readonly admin: { readonly email: string; readonly password: string };
}

/** Makes a brand without a plan, with the PD calculator on and so many tokens. */
export async function makeBrand(tokens: number): Promise<OwnBrand> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      ...["src/cli/run.mjs", "src/cli/brand-create.ts", "--tokens", String(tokens), "--apps", "pdc-001"],
      ...["--origin", new URL(stack().storefront_url).origin],
    ],
    { env: { ...process.env, ...stackEnv() } },
  );
  return JSON.parse(stdout) as OwnBrand;
}

/** A call of the API with the brand's secret key. */
export async function call(request: APIRequestContext, brand: OwnBrand, path: string, data?: object) {
  const answer = await request.fetch(`${stack().url}/api/v1/customer${path}`, {
    method: data ? "POST" : "GET",
    headers: { authorization: `Bearer ${brand.secret_key}`, "content-type": "application/json" },
    ...(data && { data }),
  });
  return { status: answer.status(), body: (await answer.json()) as Record<string, unknown> };
}

/** Mails to somebody that have arrived in the stack's inbox, by their subjects. */
export async function mailsTo(request: APIRequestContext, address: string): Promise<string[]> {
  const answer = await request.get(`${stack().inbox_url}/mails.json`);
  const mails = (await answer.json()) as { to: string[]; subject: string }[];
  return mails.filter(({ to }) => to.some((each) => each.includes(address))).map(({ subject }) => subject);
}
