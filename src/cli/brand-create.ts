import { randomBytes } from "node:crypto";
import { hashPassword } from "@/auth/passwords";
import { closeDb, db } from "@/db/client";
import { makeBrand } from "@/features/admin/service";
import { catalogRecords } from "@/features/catalog/queries";
import { metering } from "@/rest/internal/metering";
import { brandOptions } from "./brand-options";
import { explain, isMisuse, Misuse } from "./failure";

const USAGE = `usage: npm run -s brand:create -- [--name NAME] [--tokens N] [--origin ORIGIN]… [--apps all|ID,ID]… [--rate-limit N] [--plan starter|professional|enterprise]`;

/** `npm run -s brand:create`: a fresh brand, ready to consume; one line of JSON on stdout. */
async function main(): Promise<void> {
  const { name: given, tokens, origins, apps: wanted, rate, plan } = brandOptions(process.argv.slice(2));
  const known = (await catalogRecords(db())).map((app) => app.catalogId);
  const apps = wanted === "all" ? known : wanted;
  const stranger = apps.find((app) => !known.includes(app));
  if (stranger) throw new Misuse(`--apps ${stranger}: there is no such app. There are ${known.join(", ")}`);

  const tag = randomBytes(4).toString("hex");
  const admin = { email: `admin-${tag}@brand.example`, password: randomBytes(15).toString("base64url") };
  const name = given ?? `Brand ${tag}`;
  const brand = await makeBrand(
    metering(),
    { type: "system", id: "brand:create" },
    {
      name,
      slug: `brand-${tag}`,
      tokens,
      plan,
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
