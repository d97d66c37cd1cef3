import { Validator as SchemaValidator } from "@cfworker/json-schema";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, it, vi } from "vitest";
import { PROBLEMS } from "@/lib/errors";
import { consumeWith, holdWith, type TestBrand, testBrand } from "@/test/meter";
import { BODIES, TABLE } from "@/test/routes";
import { getApp, getApps } from "../v1/apps";
import { getPlans } from "../v1/billing";
import { getCustomerApps, getEmbedCode, postActivate, postPause } from "../v1/customer-apps";
import { getBalance, getLedger } from "../v1/ledger";
import { getOpenApi } from "../v1/openapi";
import { getUsage } from "../v1/usage";
import { openApiDocument, schemaOf, templateOf } from "./document";
import { OPERATIONS, problemsOf } from "./operations";

vi.mock("next/server", () => ({ after: () => {} }));

const document = openApiDocument();

describe("the API's description", () => {
  it("is valid by the official schema of OpenAPI 3.1", async () => {
    const validator = new Validator();
    const result = await validator.validate(JSON.parse(JSON.stringify(document)));
    expect(result.errors ?? []).toEqual([]);
    expect([result.valid, validator.version]).toEqual([true, "3.1"]);
  });

  it("names every operation that the routes have, and no other", () => {
    const routes = Object.entries(TABLE)
      .filter(([path]) => /^\/api\/v1\/(?!widget\/|openapi)/.test(path))
      .flatMap(([path, methods]) =>
        Object.entries(methods)
          .filter(([method, caller]) => method !== "OPTIONS" && caller !== "no method")
          .map(([method]) => `${method} ${path}`),
      );
    expect(OPERATIONS.map(({ method, path }) => `${method.toUpperCase()} ${path}`).toSorted()).toEqual(
      routes.toSorted(),
    );
    expect(new Set(OPERATIONS.map(({ id }) => id)).size).toBe(OPERATIONS.length);
  });

  it("asks for the keys and scopes that the routes ask for", () => {
    for (const { method, path, key } of OPERATIONS) {
      const caller = TABLE[path]?.[method.toUpperCase()];
      const expected = key ? { key: key.kinds, scope: key.scope } : "anyone";
      expect(caller, `${method} ${path}`).toEqual(expected);
    }
  });

  it("takes the bodies that the routes take", () => {
    for (const { method, path, body } of OPERATIONS) {
      const sent = BODIES[`${method.toUpperCase()} ${path}`];
      expect(body !== undefined, `${method} ${path}`).toBe(sent !== undefined);
      if (!body) continue;
      const { errors } = new SchemaValidator(schemaOf(body, "input") as object, "2020-12").validate(sent);
      expect(errors, `${method} ${path}`).toEqual([]);
    }
  });

  it("tells of every problem under the status that it has", () => {
    const paths = document.paths as Record<string, Record<string, { responses: Record<string, unknown> }>>;
    for (const operation of OPERATIONS) {
      const { responses = {} } = paths[templateOf(operation.path)]?.[operation.method] ?? {};
      for (const code of problemsOf(operation)) {
        expect(JSON.stringify(responses[PROBLEMS[code][0]]), `${operation.id} ${code}`).toContain(`\`${code}\``);
      }
    }
  });

  it("names a currency beside every sum of money", () => {
    const without: string[] = [];
    const look = (at: unknown, path: string): void => {
      if (typeof at !== "object" || at === null) return;
      for (const [name, inside] of Object.entries(at)) {
        const fields = name === "properties" && typeof inside === "object" ? Object.keys(inside ?? {}) : [];
        if (fields.some((field) => field.endsWith("_cents")) && !fields.includes("currency")) without.push(path);
        look(inside, `${path}/${name}`);
      }
    };
    look(document.paths, "");
    expect(without).toEqual([]);
  });

  it("tells what each of its tags is about", () => {
    const told = (document.tags as { name: string }[]).map(({ name }) => name);
    expect(told.toSorted()).toEqual([...new Set(OPERATIONS.map(({ tag }) => tag))].toSorted());
  });

  it("is served to anyone", async () => {
    const answer = getOpenApi(new Request("http://localhost/api/v1/openapi.json"));
    expect(answer.status).toBe(200);
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    expect(await answer.json()).toMatchObject({ openapi: "3.1.1", info: { title: "VARAi Connected Apps" } });
  });
});

describe("what the API answers", () => {
  const from = (brand: TestBrand, path: string, init: RequestInit = {}) =>
    new Request(`http://localhost${path}`, {
      ...init,
      headers: { authorization: `Bearer ${brand.secretKey.secret}`, "content-type": "application/json" },
    });
  const at = (id: string) => ({ params: Promise.resolve({ id }) });
  const posted = { method: "POST", body: "{}" };

  it("is what its description says", async () => {
    const brand = await testBrand({ tokens: 1_000, apps: ["vto-001"] });
    const { secret } = brand.secretKey;
    const answers: Readonly<Record<string, Response>> = {
      consume: await consumeWith(secret),
      reserve: await holdWith(secret),
      balance: await getBalance(from(brand, "/api/v1/customer/tokens/balance")),
      usage: await getUsage(from(brand, "/api/v1/customer/tokens/usage")),
      ledger: await getLedger(from(brand, "/api/v1/customer/tokens/ledger")),
      listPlans: await getPlans(from(brand, "/api/v1/customer/billing/plans")),
      listApps: await getApps(from(brand, "/api/v1/apps")),
      getApp: await getApp(from(brand, "/api/v1/apps/vto-001"), at("vto-001")),
      listOwnApps: await getCustomerApps(from(brand, "/api/v1/customer/apps")),
      activateApp: await postActivate(from(brand, "/api/v1/customer/apps/pdc-001/activate", posted), at("pdc-001")),
      pauseApp: await postPause(from(brand, "/api/v1/customer/apps/pdc-001/pause", posted), at("pdc-001")),
      getEmbedCode: await getEmbedCode(from(brand, "/api/v1/customer/apps/vto-001/embed-code"), at("vto-001")),
    };
    for (const [id, answer] of Object.entries(answers)) {
      const operation = OPERATIONS.find((each) => each.id === id);
      const contract = operation?.answers[answer.status];
      expect(contract, `${id} answers ${answer.status}`).toBeDefined();
      if (!contract) continue;
      const schema = schemaOf(contract, "output") as object;
      const { errors } = new SchemaValidator(schema, "2020-12", false).validate(await answer.json());
      expect(errors, id).toEqual([]);
    }
  });
});
