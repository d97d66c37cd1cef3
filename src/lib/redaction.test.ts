import { Writable } from "node:stream";
import { DrizzleQueryError } from "drizzle-orm/errors";
import pino from "pino";
import { describe, expect, it } from "vitest";
import { options } from "./logger";
import { withoutSecrets } from "./redaction";

const SECRETS = {
  api: "ca_sk_live_01hzyx_AbCdEfGhIjKlMnOpQrStUvWxYz012345",
  shop: "ca_pk_test_01hzyx_AbCdEfGhIjKlMnOpQrStUvWxYz012345",
  signing: "whsec_c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IQ==",
  stripe: "sk_live_51AbCdEfGhIjKlMnOp",
  bearer: "Bearer abcdefghijklmnop.qrstuvwxyz",
  address: "postgres://app:hunter2hunter2@db.internal:5432/x",
  session: "eyJhbGciOiJkaXIiLCJlbmMiOiJB.MjU2R0NNIn0.c2VjcmV0",
};
/** What of each must not be found again. */
const TELLTALES = ["AbCdEfGh", "c2VjcmV0", "abcdefghijklmnop", "hunter2", "51AbCd"];

/** The lines that a logger of ours writes. */
function written(log: (logger: pino.Logger) => void): string {
  let text = "";
  const sink = new Writable({
    write(chunk, _, done) {
      text += chunk;
      done();
    },
  });
  log(pino({ ...options, level: "trace" }, sink));
  return text;
}

const expectNone = (text: string) => {
  expect(text.length).toBeGreaterThan(0);
  for (const telltale of TELLTALES) expect(text).not.toContain(telltale);
};

describe("a secret", () => {
  it("is nowhere in a line of the log: not in its message, a field, an error, its cause or its stack", () => {
    for (const secret of Object.values(SECRETS)) {
      const cause = Object.assign(new Error(`cause ${secret}`), { detail: secret });
      const error = Object.assign(new Error(`failed with ${secret}`, { cause }), { query: { text: secret } });
      for (const log of [
        (logger: pino.Logger) => logger.warn(`message ${secret}`),
        (logger: pino.Logger) => logger.info({ url: `https://x.example/?key=${secret}` }, "said %s", secret),
        (logger: pino.Logger) => logger.warn({ err: error }, "an error"),
        (logger: pino.Logger) => logger.warn(error),
        (logger: pino.Logger) => logger.info({ deep: { deeper: [{ deepest: secret }] } }),
        (logger: pino.Logger) => logger.child({ request: { header: secret } }).info("child"),
      ]) {
        expectNone(written(log));
      }
    }
  });

  it("is not told by a query that failed: neither what it was to keep nor the row that Postgres quotes", () => {
    const kept = "$argon2id$v=19$kept,ada@brand.example";
    const cause = Object.assign(new Error("violates check constraint"), {
      code: "23514",
      detail: `Failing row: ${kept}`,
    });
    const error = new DrizzleQueryError("update users set password_hash = $1", [kept, `two\nlines ${kept}`], cause);
    const texts = [
      written((logger) => logger.error({ err: error }, "a request failed")),
      written((logger) => logger.error({ err: new Error("wrapped", { cause: error }) })),
      written((logger) => logger.error(error)),
      // As it goes to a service that is told of errors.
      JSON.stringify(withoutSecrets({ exception: { values: [{ value: error.message }] } })),
    ];
    for (const text of texts) {
      expect(text).not.toMatch(/argon2id|ada@/);
      expect(text).toContain("update users set password_hash");
    }
    expect(texts[0]).toMatch(/23514.*redaction\.test|redaction\.test.*23514/);
  });

  it("is removed by its field's name, however that is spelt and whatever it looks like", () => {
    const names = [
      "password",
      "apiKey",
      "api_key",
      "Authorization",
      "clientSecret",
      "accessToken",
      "set-cookie",
      "hmac",
    ];
    for (const name of names) {
      expect(JSON.stringify(withoutSecrets({ outer: { [name]: "plain-looking-value" } }))).not.toContain("plain");
    }
  });

  it("is all that is removed: amounts of tokens, ids and names stay", () => {
    const line = { tokens: 5, tokensLost: 7, keyId: "ak_live_x1", partition: 3, app: "vto-001", at: new Date(0) };
    expect(withoutSecrets(line)).toEqual(line);
    expect(withoutSecrets({ token: 5, none: null })).toEqual({ token: 5, none: null });
    const said = written((logger) => logger.warn({ err: new TypeError("too small") }, "the job failed"));
    expect(JSON.parse(said)).toMatchObject({ msg: "the job failed", err: { type: "TypeError", message: "too small" } });
  });

  it("does not keep a circle from being logged", () => {
    const circle: Record<string, unknown> = { name: "x" };
    circle.self = circle;
    expect(written((logger) => logger.info(circle, "round"))).toContain("round");
  });
});
