import { eq } from "drizzle-orm";
import { hashPassword } from "@/auth/passwords";
import { db } from "@/db/client";
import { apiKeys } from "@/db/schema/keys";
import { customers } from "@/db/schema/people";
import { makeBrand } from "@/features/admin/service";
import { SCOPES } from "@/features/keys/rules";
import { createKey } from "@/features/keys/service";
import { hmacApiKey } from "@/lib/api-key";
import { env } from "@/lib/env";
import { mintCustomerId } from "@/lib/ids";
import { metering } from "@/rest/internal/metering";

const SLUG = "northlight-optics";
const PASSWORD = "northlight-demo-2026";
const PEOPLE = [
  { email: "ada@northlight.example", name: "Ada Lind", role: "admin" },
  { email: "max@northlight.example", name: "Max Oyelaran", role: "manager" },
  { email: "vera@northlight.example", name: "Vera Castell", role: "viewer" },
] as const;
/** What the demo brand starts with, in tokens. */
const OPENING_BALANCE = 10_000;
const SEEDED = { type: "system", id: "seed" } as const;

export interface DemoBrand {
  readonly customerId: string;
  readonly admin: { email: string; password: string };
  readonly manager: { email: string; password: string };
  readonly viewer: { email: string; password: string };
  readonly publicKey: string;
  readonly secretKey: string;
}

const people = {
  admin: { email: PEOPLE[0].email, password: PASSWORD },
  manager: { email: PEOPLE[1].email, password: PASSWORD },
  viewer: { email: PEOPLE[2].email, password: PASSWORD },
};

/**
 * The demo brand of a local machine: three people, two apps, a balance and two keys. Repeatable. A public key for the
 * storefront's origin is added where none is there; a secret key is made anew only where the known one does not work.
 * Never run against production: its passwords are in the README.
 */
export async function seedDemo(options: { storefrontOrigin: string; knownSecretKey?: string }): Promise<DemoBrand> {
  const [there] = await db().select().from(customers).where(eq(customers.slug, SLUG));
  if (!there) {
    const passwordHash = await hashPassword(PASSWORD);
    const brand = await makeBrand(metering(), SEEDED, {
      name: "Northlight Optics",
      slug: SLUG,
      tokens: OPENING_BALANCE,
      plan: "professional",
      apps: ["vto-001", "pdc-001"],
      origins: [options.storefrontOrigin],
      people: PEOPLE.map((person) => ({ ...person, passwordHash })),
    });
    return {
      customerId: brand.customerId,
      ...people,
      publicKey: brand.publicKey.secret,
      secretKey: brand.secretKey.secret,
    };
  }
  const ctx = { db: db(), customerId: mintCustomerId(there.id), actor: SEEDED };
  const keys = (await db().select().from(apiKeys).where(eq(apiKeys.customerId, there.id))).filter(
    (key) => !key.revokedAt,
  );
  const common = { mode: "live", appPermissions: null, rateLimit: 1_000, expiresAt: null } as const;
  const fitting = keys.find((key) => key.kind === "pk" && key.origins.includes(options.storefrontOrigin));
  const publicKey =
    fitting?.publicKey ??
    (
      await createKey(ctx, {
        ...common,
        name: "Storefront",
        kind: "pk",
        origins: [options.storefrontOrigin],
        scopes: [],
      })
    ).secret;
  const known = options.knownSecretKey ? hmacApiKey(options.knownSecretKey, env().API_KEY_PEPPER) : null;
  const secretKey =
    options.knownSecretKey && keys.some((key) => key.hmac === known)
      ? options.knownSecretKey
      : (await createKey(ctx, { ...common, name: "Server", kind: "sk", origins: [], scopes: [...SCOPES] })).secret;
  return { customerId: there.id, ...people, publicKey, secretKey };
}
