import assert from "node:assert/strict";
import { balance, type ContractCase, isRefusal, open, post } from "./contract-calls";

/** The endpoints beside consume that spend or give back, as calls over HTTP. */
export const SIBLINGS: ContractCase[] = [
  {
    name: "batch: each record its own answer, in order",
    run: async (base) => {
      const shop = await open();
      const records = [
        { app_id: "vto-001", idempotency_key: "a" },
        { app_id: "xyz-999", idempotency_key: "b" },
        { app_id: "vto-001", idempotency_key: "a" },
      ];
      const answer = await post(base, { key: shop.sk, path: "consume/batch", body: { records } });
      assert.equal(answer.status, 200, answer.text);
      const results = answer.body.results as { status: number; body: { usage_id?: string } }[];
      assert.deepEqual(
        results.map(({ status }) => status),
        [200, 404, 200],
      );
      assert.equal(results[0]?.body.usage_id, results[2]?.body.usage_id);
      assert.equal((await balance(base, shop)).balance, 95);
    },
  },
  {
    name: "reservations: held, settled once, the rest given back",
    run: async (base) => {
      const shop = await open();
      const held = await post(base, {
        key: shop.sk,
        path: "reservations",
        body: { app_id: "cai-001", tokens_reserved: 30 },
      });
      assert.equal(held.status, 201, held.text);
      assert.equal((await balance(base, shop)).balance, 70);
      const step = (verb: string, body: unknown) =>
        post(base, { key: shop.sk, path: `reservations/${held.body.reservation_id}/${verb}`, body });
      const settled = await step("settle", { tokens_consumed: 12 });
      assert.deepEqual([settled.status, settled.body.status, settled.body.tokens_returned], [200, "settled", 18]);
      assert.equal((await step("settle", { tokens_consumed: 12 })).text, settled.text);
      isRefusal(await step("release", {}), 409, "reservation_closed");
      assert.equal((await balance(base, shop)).balance, 88);
    },
  },
  {
    name: "refund: gives a use back, once",
    run: async (base) => {
      const shop = await open();
      const { body } = await post(base, { key: shop.sk });
      const refund = () => post(base, { key: shop.sk, path: `usage/${body.usage_id}/refund`, body: {} });
      const first = await refund();
      assert.equal(first.status, 200, first.text);
      assert.equal((await refund()).text, first.text);
      assert.equal((await balance(base, shop)).balance, 100);
    },
  },
];
