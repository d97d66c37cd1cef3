import postgres from "postgres";
import { Stripe } from "stripe";
import { closeDb, db } from "@/db/client";
import { migrateDatabase } from "@/db/migrate";
import { seedCatalog } from "@/db/seed/catalog";
import { type CreatedBrand, makeBrand } from "@/features/admin/service";
import { ensureStripeCustomer } from "@/features/billing/customers/service";
import { stripe } from "@/features/billing/stripe/service";
import { metering } from "@/rest/internal/metering";
import { startThrowAway } from "../dev/stack/throw-away";
import { StandIn } from "../dev/stripe/server";
import { type Figure, type Group, median } from "./figure";
import { build, serve } from "./next";
import { type Pass, together } from "./together";

const DELIVERIES = 100;
const CHECKOUTS = 50;
const PASSES = 5;

const figure = (name: string, ours: readonly Pass[], plain: readonly Pass[]): Figure => {
  const p95 = (passes: readonly Pass[]) => median(passes.map((pass) => pass.p95));
  const errors = ours.reduce((sum, pass) => sum + pass.errors, 0);
  const [value, baseline] = [p95(ours), p95(plain)];
  return {
    name,
    value: Number(value.toPrecision(4)),
    unit: "ms p95",
    baseline: Number(baseline.toPrecision(4)),
    ratio: Number((value / baseline).toPrecision(4)),
    valid: errors === 0,
    errors,
    p50: Number(median(ours.map((pass) => pass.p50)).toPrecision(4)),
  };
};

/** A payment of a pack for each brand, and the event that tells of it, signed as Stripe signs. */
async function paidPacks(
  brands: readonly CreatedBrand[],
  secret: string,
): Promise<{ body: string; signature: string }[]> {
  for (const { customerId } of brands) {
    const customer = await ensureStripeCustomer({ db: db(), customerId, actor: { type: "system", id: "bench" } });
    const metadata = { brand: customerId, pack: "pack-1k", tokens: "1000", origin: "checkout", purchase: "" };
    await stripe().paymentIntents.create({
      amount: 3_900,
      currency: "usd",
      customer,
      payment_method: "pm_card_visa",
      confirm: true,
      metadata,
      return_url: "http://localhost/",
    });
  }
  const paid = await stripe().events.list({ type: "payment_intent.succeeded", limit: 100 });
  return paid.data.slice(0, brands.length).map((event) => {
    const body = JSON.stringify(event);
    return { body, signature: Stripe.webhooks.generateTestHeaderString({ payload: body, secret }) };
  });
}

/**
 * `billing.webhooks_100`: a hundred events of Stripe's, each of another brand's payment, at the same moment, through Next's
 * production server: signature, a look at Stripe, inbox, purchase, intent, audit, mail, and the tokens in the meter. Beside it
 * the plainest receiver: a hundred inserts of the event's row, at the same moment, over ten connections.
 * `billing.checkouts_50`: fifty brands open a checkout at the same moment, over REST, each its customer at Stripe first.
 */
export const billing: Group = async function* (wanted): AsyncGenerator<Figure> {
  const keys = {
    STRIPE_SECRET_KEY: "sk_test_bench",
    STRIPE_WEBHOOK_SECRET: "whsec_bench",
    ENCRYPTION_KEYS: `bench:${Buffer.alloc(32, 5).toString("base64")}`,
  };
  const services = await startThrowAway("bench", { durable: true });
  const standIn = new StandIn({ secretKey: keys.STRIPE_SECRET_KEY });
  const stops: (() => unknown)[] = [() => services.stop(), () => standIn.close()];
  try {
    const env = { ...services.env, ...keys, STRIPE_API_URL: await standIn.listen(), LOG_LEVEL: "error" };
    Object.assign(process.env, env, { AUTH_URL: "http://localhost" });
    await migrateDatabase(services.env.DATABASE_OWNER_URL ?? "");
    await seedCatalog(db());
    stops.push(closeDb);
    let made = 0;
    const brandsAnew = async (count: number): Promise<CreatedBrand[]> => {
      const brands: CreatedBrand[] = [];
      for (let i = 0; i < count; i++) {
        const own = { name: `Bench ${made}`, slug: `bench-${made++}`, tokens: 0, plan: null };
        const brand = { ...own, apps: [], origins: [], people: [] };
        brands.push(await makeBrand(metering(), { type: "system", id: "bench" }, brand));
      }
      return brands;
    };
    await build(".", { ...env, NEXT_DIST_DIR: ".next-bench" });
    const ours = await serve(".", { ...env, NEXT_DIST_DIR: ".next-bench" }, "/api/v1/customer/tokens/consume");
    stops.push(ours.stop);
    const owner = postgres(services.env.DATABASE_OWNER_URL ?? "", { max: 10, onnotice: () => {} });
    stops.push(() => owner.end());
    await owner`create table bench_events (id text primary key, payload jsonb not null)`;

    if (wanted("billing.webhooks_100")) {
      const [told, plain]: [Pass[], Pass[]] = [[], []];
      const brands = await brandsAnew(DELIVERIES);
      for (let pass = 0; pass <= PASSES; pass++) {
        const events = await paidPacks(brands, keys.STRIPE_WEBHOOK_SECRET);
        const inserted = await together(
          events.map(({ body }, i) => async () => {
            await owner.unsafe("insert into bench_events values ($1, $2)", [`${pass}:${i}`, body]);
            return true;
          }),
        );
        const delivered = await together(
          events.map(({ body, signature }) => async () => {
            const response = await fetch(`${ours.url}/api/webhooks/stripe`, {
              method: "POST",
              headers: { "content-type": "application/json", "stripe-signature": signature },
              body,
            });
            const answer = (await response.json()) as { outcome?: string };
            return response.status === 200 && answer.outcome === "done";
          }),
        );
        // The first pass warms up.
        if (pass > 0) {
          plain.push(inserted);
          told.push(delivered);
        }
      }
      yield figure("billing.webhooks_100", told, plain);
    }
    if (wanted("billing.checkouts_50")) {
      const [opened, plain]: [Pass[], Pass[]] = [[], []];
      for (let pass = 0; pass <= PASSES; pass++) {
        const brands = await brandsAnew(CHECKOUTS);
        const bare = await together(
          brands.map(({ customerId }) => async () => {
            const customer = await stripe().customers.create({ metadata: { bench: customerId } });
            return customer.id !== "";
          }),
        );
        const ended = await together(
          brands.map((brand) => async () => {
            const response = await fetch(`${ours.url}/api/v1/customer/billing/checkout`, {
              method: "POST",
              headers: { authorization: `Bearer ${brand.secretKey.secret}`, "content-type": "application/json" },
              body: '{"plan_id":"starter"}',
            });
            await response.arrayBuffer();
            return response.status === 200;
          }),
        );
        if (pass > 0) {
          plain.push(bare);
          opened.push(ended);
        }
      }
      yield figure("billing.checkouts_50", opened, plain);
    }
  } finally {
    for (const stop of stops.toReversed()) await stop();
  }
};
