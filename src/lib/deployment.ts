import { sha1 } from "./digest";

/**
 * Several deployments may share one Redis and one Postgres server: production and a preview of each branch. A deployment
 * with a name keeps apart by that name, whatever addresses and secrets it was given: its Redis keys begin with it, its
 * database ends with it, and what it signs and hashes nobody else accepts. The nameless one is production.
 */

type Variables = Readonly<Record<string, string | undefined>>;

/** Lower-case letters, digits and single hyphens, 40 characters at most: it becomes part of a database's name. */
export const DEPLOYMENT_NAME = /^(?=.{1,40}$)[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
/** What Postgres keeps of a name; it would cut off the rest and say nothing. */
const LONGEST_DATABASE = 63;

/** True for a deployment that shows work to its authors and must not reach customers: no live money, no real mail. */
export const isPreview = (source: Variables): boolean => source.VERCEL_ENV === "preview";

/** Tells branches apart whose names differ only in what a name may not hold: `a/b` and `a-b`. */
function nameOfBranch(ref: string): string {
  const words = ref
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 20)
    .replace(/^-+|-+$/g, "");
  return ["preview", words, sha1(ref).slice(0, 8)].filter(Boolean).join("-");
}

/** The deployment's name: given, or for a preview made from its branch. Absent for production. */
export function deploymentName(source: Variables): string | undefined {
  if (source.DEPLOYMENT) return source.DEPLOYMENT;
  return isPreview(source) && source.VERCEL_GIT_COMMIT_REF ? nameOfBranch(source.VERCEL_GIT_COMMIT_REF) : undefined;
}

/** What stands in front of every key in Redis. */
export const keyPrefixOf = (name: string | undefined): string => (name ? `${name}:` : "");

/** The database's address with the name behind that of the database: `…/shop` becomes `…/shop_preview_x`. */
function ownDatabase(url: string | undefined, name: string): string | undefined {
  if (!url || !URL.canParse(url)) return url;
  const own = new URL(url);
  own.pathname = `${own.pathname.replace(/\/$/, "") || "/postgres"}_${name.replaceAll("-", "_")}`;
  return own.href;
}

/** Where Vercel serves this deployment; `localhost:3000` under `vercel dev`. */
const address = (host: string): string =>
  `${/^(?:localhost|127\.0\.0\.1)(?::|$)/.test(host) ? "http" : "https"}://${host}`;

/**
 * The variables as this deployment has to read them. A preview answers under its own address and calls nobody but
 * itself, because variables that were set for all environments would name production's; it sends mail to the inbox for
 * tests or not at all.
 */
export function ownVariables(source: Variables): Record<string, string | undefined> {
  const own: Record<string, string | undefined> = { ...source };
  const name = deploymentName(source);
  if (name) {
    for (const variable of ["DATABASE_URL", "DATABASE_OWNER_URL"]) own[variable] = ownDatabase(source[variable], name);
    for (const variable of ["AUTH_SECRET", "API_KEY_PEPPER"]) {
      // Too short a secret stays too short.
      if ((source[variable]?.length ?? 0) >= 32) own[variable] = `${source[variable]}:${name}`;
    }
  }
  if (!isPreview(source)) return own;
  // The branch's address stays the same from push to push, which a webhook and a sign-in need.
  const shown = source.VERCEL_BRANCH_URL || source.VERCEL_URL;
  if (shown) own.AUTH_URL = address(shown);
  // This very build, which the branch's address may have left behind.
  if (source.VERCEL_URL) own.INTERNAL_URL = address(source.VERCEL_URL);
  own.MAIL_URL = source.PREVIEW_MAIL_URL;
  return own;
}

/** What makes the variables unfit for this deployment: the variable's name, and why. */
export function unfit(source: Variables): readonly (readonly [name: string, why: string])[] {
  const found: [string, string][] = [];
  const name = deploymentName(source);
  if (isPreview(source)) {
    if (!name)
      found.push(["DEPLOYMENT", "is needed: a preview that was not made from a branch has no name of its own"]);
    if (/^(?:sk|rk)_live_/.test(source.STRIPE_SECRET_KEY ?? "")) {
      found.push(["STRIPE_SECRET_KEY", "is a live key, and this is a preview: give previews a test key (sk_test_…)"]);
    }
  }
  for (const variable of name ? ["DATABASE_URL", "DATABASE_OWNER_URL"] : []) {
    const url = ownDatabase(source[variable], name ?? "");
    if (url && URL.canParse(url) && decodeURIComponent(new URL(url).pathname).length - 1 > LONGEST_DATABASE) {
      found.push([variable, "names a database whose name is too long with the deployment's behind it (63 characters)"]);
    }
  }
  return found;
}
