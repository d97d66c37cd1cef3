import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { hashPassword } from "@/auth/passwords";
import { closeDb, db } from "@/db/client";
import { makeBrand } from "@/features/admin/service";
import { catalogRecords } from "@/features/catalog/queries";
import { isExactOrigin } from "@/features/keys/rules";
import { MAX_AMOUNT } from "@/features/metering/rules";
import { metering } from "@/rest/internal/metering";
import { explain, isMisuse, Misuse } from "./failure";

const USAGE = `usage: npm run -s brand:create -- [--name NAME] [--tokens N] [--origin ORIGIN]… [--apps all|ID,ID] [--rate-limit N] [--plan starter|professional|enterprise]`;

function wholeNumber(name: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d{1,15}$/.test(text) || value < least || value > most) {
    throw new Misuse(`--${name} takes a whole number from ${least} to ${most}`);
  }
  return value;
}

/** `npm run -s brand:create`: a fresh brand, ready to consume; one line of JSON on stdout. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      name: { type: "string" },
      tokens: { type: "string" },
      origin: { type: "string", multiple: true },
      apps: { type: "string" },
      "rate-limit": { type: "string" },
      plan: { type: "string" },
    },
  });
  const tokens = wholeNumber("tokens", values.tokens, 0, MAX_AMOUNT);
  if (values.plan === "enterprise" && tokens !== undefined) {
    throw new Misuse("the plan enterprise is unlimited: leave --tokens out");
  }
  const rate = wholeNumber("rate-limit", values["rate-limit"], 1, 1_000_000_000);
  const origins = (values.origin ?? []).flatMap((value) => value.split(",")).filter(Boolean);
  for (const origin of origins) {
    if (!isExactOrigin(origin))
      throw new Misuse(`--origin ${origin}: give scheme, host and port only, such as https://shop.example`);
  }
  const known = (await catalogRecords(db())).map((app) => app.catalogId);
  const apps = values.apps === "all" ? known : (values.apps ?? "").split(",").filter(Boolean);
  const stranger = apps.find((app) => !known.includes(app));
  if (stranger) throw new Misuse(`--apps ${stranger}: there is no such app. There are ${known.join(", ")}`);

  const tag = randomBytes(4).toString("hex");
  const admin = { email: `admin-${tag}@brand.example`, password: randomBytes(15).toString("base64url") };
  const name = (values.name ?? `Brand ${tag}`).trim();
  if (name.length === 0 || name.length > 100) throw new Misuse("--name takes 1 to 100 characters");
  const brand = await makeBrand(
    metering(),
    { type: "system", id: "brand:create" },
    {
      name,
      slug: `brand-${tag}`,
      tokens: tokens ?? 0,
      plan: values.plan ?? null,
      apps,
      origins,
      ...(rate === undefined ? {} : { rate }),
      people: [
        {
          email: admin.email,
          name: `Admin of ${name}`.slice(0, 100),
          passwordHash: await hashPassword(admin.password),
          role: "admin",
        },
      ],
    },
  );
  console.log(
    JSON.stringify({
      customer_id: brand.customerId,
      public_key: brand.publicKey.secret,
      secret_key: brand.secretKey.secret,
      admin,
    }),
  );
}

try {
  await main();
} catch (error) {
  console.error(explain(error));
  if (isMisuse(error)) console.error(USAGE);
  process.exitCode = isMisuse(error) ? 2 : 1;
} finally {
  await closeDb();
}
