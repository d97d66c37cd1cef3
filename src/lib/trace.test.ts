import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { readTraceparent, Tracer, writeTraceparent } from "./trace";

interface Sent {
  readonly headers: Record<string, unknown>;
  readonly spans: Record<string, unknown>[];
}

/** A collector of OTLP on this machine. */
async function collector(status = 200) {
  const got: Sent[] = [];
  const server = createServer(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString());
    const [{ resource, scopeSpans }] = body.resourceSpans;
    got.push({ headers: { ...request.headers, path: request.url, resource }, spans: scopeSpans[0].spans });
    response.writeHead(status).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { got, endpoint, close: () => new Promise((resolve) => server.close(resolve)) };
}

const GIVEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

describe("a trace context", () => {
  it("is read and written as W3C has it", () => {
    const read = readTraceparent(GIVEN);
    expect(read).toEqual({ traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", sampled: true });
    expect(read && writeTraceparent(read)).toBe(GIVEN);
    expect(readTraceparent(GIVEN.replace(/01$/, "00"))?.sampled).toBe(false);
  });

  it.each([
    null,
    undefined,
    "",
    "x",
    GIVEN.toUpperCase(),
    `${GIVEN}-x`,
    GIVEN.replace(/^00/, "ff"),
    `00-${"0".repeat(32)}-b7ad6b7169203331-01`,
  ])("that is none is none: %s", (header) => expect(readTraceparent(header)).toBeNull());
});

describe("a tracer", () => {
  const settings = { endpoint: "http://127.0.0.1:1", ratio: 0.5 };

  it("goes on with a trace that is recorded, leaves one that is not, and begins its share of new ones", () => {
    const [lucky, not] = [new Tracer("x", settings, () => 0.49), new Tracer("x", settings, () => 0.5)];
    expect(not.begin(GIVEN)).toMatchObject({ traceId: GIVEN.slice(3, 35), parentId: "b7ad6b7169203331" });
    expect(lucky.begin(GIVEN.replace(/01$/, "00"))).toBeNull();
    expect(lucky.begin(null)).toMatchObject({ traceId: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(lucky.begin(null)).not.toHaveProperty("parentId");
    expect(not.begin(null)).toBeNull();
  });

  it("sends spans to the collector as OTLP, with its headers, and each once", async () => {
    const there = await collector();
    const tracer = new Tracer("edge", {
      endpoint: `${there.endpoint}/`,
      headers: "authorization=Bearer%20x,x-team=a",
      ratio: 1,
    });
    const context = tracer.begin(GIVEN);
    if (!context) return expect.unreachable();
    const attributes = { "http.response.status_code": 200, "server.address": "x", cached: false, share: 0.5 };
    tracer.end(context, { name: "POST /consume", kind: "server", startMs: 1_000.5, endMs: 2_000, attributes });
    tracer.below(context, {
      name: "ledger.write",
      kind: "consumer",
      startMs: 1,
      endMs: 2,
      attributes: {},
      failed: true,
    });
    await Promise.all([tracer.flush(), tracer.flush()]);
    await tracer.flush();
    await there.close();
    expect(there.got).toHaveLength(1);
    const [{ headers, spans } = expect.fail()] = there.got;
    expect(headers).toMatchObject({ path: "/v1/traces", authorization: "Bearer x", "x-team": "a" });
    expect(headers.resource).toEqual({ attributes: [{ key: "service.name", value: { stringValue: "edge" } }] });
    expect(spans[0]).toMatchObject({
      traceId: GIVEN.slice(3, 35),
      parentSpanId: "b7ad6b7169203331",
      kind: 2,
      startTimeUnixNano: "1000500000",
      endTimeUnixNano: "2000000000",
      status: {},
    });
    expect(spans[0]?.attributes).toEqual([
      { key: "http.response.status_code", value: { intValue: "200" } },
      { key: "server.address", value: { stringValue: "x" } },
      { key: "cached", value: { boolValue: false } },
      { key: "share", value: { doubleValue: 0.5 } },
    ]);
    expect(spans[1]).toMatchObject({
      traceId: context.traceId,
      parentSpanId: context.spanId,
      kind: 5,
      status: { code: 2 },
    });
  });

  it("fails nobody where the collector is away, and keeps no more than it may", async () => {
    const tracer = new Tracer("edge", { ...settings, ratio: 1 });
    const context = tracer.begin(null);
    if (!context) return expect.unreachable();
    for (let n = 0; n < 5_000; n++) tracer.end(context, { name: "x", kind: "internal", startMs: 1, attributes: {} });
    await tracer.flush();
  });
});
