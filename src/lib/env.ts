import { z } from "zod";
import { DEPLOYMENT_NAME, deploymentName, keyPrefixOf, ownVariables, unfit } from "./deployment";
import { prefixKeys } from "./partition";

z.config({ jitless: true });

const secret = z.string().min(32, "must be at least 32 characters; make one with `openssl rand -base64 33`");

/** Every variable the product reads, with what it is for. `.env.example` says the same for people. */
const variables = z.object({
  /** Postgres, as the application role: SELECT and INSERT on the ledger, never UPDATE or DELETE. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  /** Postgres, as the owner role: migrations only. */
  DATABASE_OWNER_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  /** The Upstash-protocol endpoint in front of Redis. */
  UPSTASH_REDIS_REST_URL: z.url({ protocol: /^https?$/ }),
  UPSTASH_REDIS_REST_TOKEN: z.string().min(1),
  /** Signs the session cookie. */
  AUTH_SECRET: secret,
  /** Where people reach the web app; links and cookies are made for it. */
  AUTH_URL: z.url({ protocol: /^https?$/ }),
  /** How long a session lives without its person doing anything, in minutes. */
  SESSION_IDLE_MINUTES: z.coerce.number().int().min(5).max(43_200).default(120),
  /** The client at Google's console by which people may sign in with Google; without it the button is not there. */
  AUTH_GOOGLE_ID: z.string().min(1).optional(),
  AUTH_GOOGLE_SECRET: z.string().min(1).optional(),
  /** Where Google's accounts are, if not at accounts.google.com: a stand-in, for tests. */
  AUTH_GOOGLE_ISSUER: z.url({ protocol: /^https?$/ }).optional(),
  /** Keys the HMAC under which API keys are stored; changing it invalidates every key, and the audit log's chain. */
  API_KEY_PEPPER: secret,
  /** What the edge shows the Node side when it asks for a drain or a hydrate. */
  INTERNAL_SECRET: secret,
  /** Where the edge reaches the Node side; differs from AUTH_URL only behind a proxy. */
  INTERNAL_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** What a consume may take in all, in milliseconds, before it answers `outcome_unknown`. */
  METERING_BUDGET_MS: z.coerce.number().int().min(500).max(30_000).default(2_000),
  /** How many events one of the 64 outboxes may hold, about 320 bytes each, before uses are refused with 503. */
  METERING_MAX_BACKLOG: z.coerce.number().int().min(1_000).max(100_000_000).default(250_000),
  /** Redis by TCP, the same database as the endpoint's; the meter (`npm run meter`) needs it, nothing else reads it. */
  METER_REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  /** Where the meter listens. */
  METER_PORT: z.coerce.number().int().min(1).max(65_535).default(3001),
  METER_HOST: z.string().default("127.0.0.1"),
  /** Whether the meter drains what it writes; `off` where a worker nearby does it within its quarter of a second. */
  METER_DRAIN: z.enum(["on", "off"]).default("on"),
  /** How many of the 64 outboxes one process drains side by side, each on a connection to Postgres; of ten it has. */
  METERING_DRAIN_CONCURRENCY: z.coerce.number().int().min(1).max(8).default(4),
  /** Whether apps that are still in beta are offered; a brand that has one keeps it. */
  BETA_APPS: z.enum(["on", "off"]).default("on"),
  /** What a collector of metrics shows at GET /api/metrics; without it there is no such address. */
  METRICS_TOKEN: secret.optional(),
  /** The mail server by SMTP, with its user and password; without it mails are kept and none is sent. */
  MAIL_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  /** Whom mails come from, `Name <address>`; by default no-reply at the web app's host. */
  MAIL_FROM: z
    .string()
    .regex(/^[^<>\r\n]*<[^<>@\s]+@[^<>@\s]+>$|^[^<>@\s]+@[^<>@\s]+$/, "must be an address, or `Name <address>`")
    .optional(),
  /** The key to the Stripe account; without it nothing can be bought and billing says so. */
  STRIPE_SECRET_KEY: z
    .string()
    .regex(/^(?:sk|rk)_(?:test|live)_\w+$/, "must be a secret or restricted key: sk_… or rk_…")
    .optional(),
  /** What Stripe signs its events with; of the endpoint that points to /api/webhooks/stripe. */
  STRIPE_WEBHOOK_SECRET: z
    .string()
    .regex(/^whsec_\w+$/, "must begin with whsec_")
    .optional(),
  /** Where Stripe's API is, if not at api.stripe.com: the stand-in of `npm run dev`. */
  STRIPE_API_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** Encrypts Stripe's customer ids, webhooks' secrets and chat rooms' addresses: `id:base64key,…`, keys of 32 bytes; the first encrypts, all decrypt. */
  ENCRYPTION_KEYS: z
    .string()
    .regex(/^[a-z0-9-]{1,20}:[A-Za-z0-9+/]{43}=(?:,[a-z0-9-]{1,20}:[A-Za-z0-9+/]{43}=)*$/, {
      error: "must be id:key,id:key; make a key with `openssl rand -base64 32`",
    })
    .optional(),
  /** A name for a deployment that shares its stores with others: its keys begin, its database ends with it. */
  DEPLOYMENT: z
    .string()
    .regex(DEPLOYMENT_NAME, "must be words of a-z and 0-9 joined by hyphens, 40 characters at most")
    .optional(),
  /** Set by Vercel. `preview` means: a database and keys of its own, its own address, no live money, no real mail. */
  VERCEL_ENV: z.enum(["production", "preview", "development"]).optional(),
  /** Set by Vercel: the host of this very deployment, and of the newest one of its branch. */
  VERCEL_URL: z.string().optional(),
  VERCEL_BRANCH_URL: z.string().optional(),
  /** Set by Vercel: the branch, from which a preview has its name. */
  VERCEL_GIT_COMMIT_REF: z.string().optional(),
  /** Set by Vercel where the project has one: lets our own calls past the protection of deployments. */
  VERCEL_AUTOMATION_BYPASS_SECRET: z.string().optional(),
  /** The mail server of previews, an inbox for tests; MAIL_URL is not used there. */
  PREVIEW_MAIL_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  /** Whether webhooks, chat rooms and images may lie at this machine's own addresses, by http: development and tests. */
  OUTGOING_LOOPBACK: z.enum(["on", "off"]).default("off"),
  /** The collector of traces, by OTLP over HTTP and without /v1/traces; without it nothing is traced. */
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  /** What the collector asks for: `name=value,name=value`. */
  OTEL_EXPORTER_OTLP_HEADERS: z.string().optional(),
  /** What the collector calls this installation. */
  OTEL_SERVICE_NAME: z.string().max(100).default("connected-apps"),
  /** Which part of the requests without a trace of their own is traced. */
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(0.01),
  /** Where errors are told, in Sentry's form; without it nowhere but in the log. */
  SENTRY_DSN: z.url({ protocol: /^https?$/ }).optional(),
  /** For how many months the details of each use are kept: session, agent, product. The ledger and the sums stay. */
  USAGE_RETENTION_MONTHS: z.coerce.number().int().min(6).max(120).default(25),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
});
const schema = variables.superRefine((given, ctx) => {
  if ((given.AUTH_GOOGLE_ID === undefined) !== (given.AUTH_GOOGLE_SECRET === undefined)) {
    const missing = given.AUTH_GOOGLE_ID === undefined ? "AUTH_GOOGLE_ID" : "AUTH_GOOGLE_SECRET";
    ctx.addIssue({ code: "custom", path: [missing], message: "is needed where the other of the two is set" });
  }
  if (
    given.OUTGOING_LOOPBACK === "on" &&
    !/^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(new URL(given.AUTH_URL).hostname)
  ) {
    const message = "is for development: it must be off where AUTH_URL is not on this machine";
    ctx.addIssue({ code: "custom", path: ["OUTGOING_LOOPBACK"], message });
  }
  if (given.STRIPE_SECRET_KEY === undefined) return;
  for (const needed of ["STRIPE_WEBHOOK_SECRET", "ENCRYPTION_KEYS"] as const) {
    if (given[needed] !== undefined) continue;
    ctx.addIssue({ code: "custom", path: [needed], message: "is needed where STRIPE_SECRET_KEY is set" });
  }
});

export type Env = z.infer<typeof schema>;

/** Thrown when the environment cannot be used; the message is written for the person who can mend it. */
export class EnvError extends Error {}

/**
 * Checks a set of variables and returns them typed.
 * @throws EnvError with one line per variable that is missing or wrong. Values never appear in it.
 */
export function parseEnv(source: Record<string, string | undefined>): Env {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== ""));
  const filled = ownVariables(given);
  const unusable = unfit(given);
  const result = schema.safeParse(filled);
  if (result.success && unusable.length === 0) return result.data;
  const lines = (result.error?.issues ?? []).map((issue) => {
    const name = issue.path.join(".");
    return filled[name] === undefined ? `  ${name} is missing` : `  ${name} ${issue.message}`;
  });
  lines.push(...unusable.map(([name, why]) => `  ${name} ${why}`));
  throw new EnvError(
    `The environment cannot be used:\n${lines.join("\n")}\nSee .env.example, or type \`npm run dev\`, which needs no .env.`,
  );
}

/**
 * What has to hold before anything else is read: the names of keys in Redis, which are made without this module, and the
 * address that next-auth takes out of the environment by itself.
 */
function takePlace(source: Record<string, string | undefined>): void {
  const name = deploymentName(source);
  prefixKeys(name && DEPLOYMENT_NAME.test(name) ? keyPrefixOf(name) : "");
  const { AUTH_URL } = ownVariables(source);
  if (AUTH_URL && AUTH_URL !== source.AUTH_URL) source.AUTH_URL = AUTH_URL;
}
takePlace(process.env);

let cached: Env | undefined;

/** The process's environment, checked on first use. Lazy, so that `next build` needs no secrets. */
export function env(): Env {
  cached ??= parseEnv(process.env);
  return cached;
}

/** Where errors are told, read on its own as the log level is. */
export const sentryDsn = (): string | undefined =>
  variables.shape.SENTRY_DSN.catch(undefined).parse(process.env.SENTRY_DSN || undefined);

/** The log level, read on its own because the logger is made before anything else is known to be right. */
export const logLevel = (): string => variables.shape.LOG_LEVEL.catch("info").parse(process.env.LOG_LEVEL || undefined);
