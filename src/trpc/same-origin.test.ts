import { describe, expect, it } from "vitest";
import { readBody, refuseForeign, withBody } from "./same-origin";

const OWN = "https://apps.varai.example";

function refusal(method: "GET" | "POST", headers: Record<string, string>, body = "{}"): number | null {
  const request = new Request(`${OWN}/api/trpc/keys.create`, {
    method,
    headers,
    ...(method === "POST" && { body }),
  });
  return refuseForeign(request, OWN)?.status ?? null;
}

const JSON_TYPE = { "content-type": "application/json" };

describe("what one of our own pages sends", () => {
  it.each<[string, Record<string, string>]>([
    ["with both headers", { ...JSON_TYPE, origin: OWN, "sec-fetch-site": "same-origin" }],
    ["from a browser without Sec-Fetch-Site", { ...JSON_TYPE, origin: OWN }],
    ["with a charset", { "content-type": "application/json; charset=utf-8", origin: OWN }],
    ["from no browser at all", JSON_TYPE],
    [
      "to the address of a development machine",
      { ...JSON_TYPE, host: "127.0.0.1:3000", origin: "http://127.0.0.1:3000" },
    ],
  ])("is let in: %s", (_name, headers) => expect(refusal("POST", headers)).toBeNull());
});

describe("what another site sends", () => {
  it.each<[string, Record<string, string>]>([
    ["cross-site", { ...JSON_TYPE, "sec-fetch-site": "cross-site" }],
    ["from a sibling domain", { ...JSON_TYPE, "sec-fetch-site": "same-site", origin: "https://shop.varai.example" }],
    ["a navigation", { ...JSON_TYPE, "sec-fetch-site": "none" }],
    ["a foreign origin", { ...JSON_TYPE, origin: "https://evil.example" }],
    [
      "a foreign origin under a kind site",
      { ...JSON_TYPE, origin: "https://evil.example", "sec-fetch-site": "same-origin" },
    ],
    ["null", { ...JSON_TYPE, origin: "null" }],
    ["a suffix", { ...JSON_TYPE, origin: `${OWN}.evil.example` }],
    ["another scheme", { ...JSON_TYPE, origin: "http://apps.varai.example" }],
    ["another port", { ...JSON_TYPE, origin: `${OWN}:8443` }],
    ["rubbish", { ...JSON_TYPE, origin: "https://" }],
  ])("is refused: %s", (_name, headers) => {
    expect(refusal("POST", headers)).toBe(403);
  });

  it("is refused reading too, while a person may type the address", () => {
    expect(refusal("GET", { "sec-fetch-site": "cross-site" })).toBe(403);
    expect(refusal("GET", { origin: "https://evil.example" })).toBe(403);
    expect(refusal("GET", { "sec-fetch-site": "none" })).toBeNull();
  });
});

describe("a body", () => {
  it.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp", ""])(
    "of type %j is refused",
    (type) => expect(refusal("POST", { "content-type": type, origin: OWN })).toBe(415),
  );

  it.each(["65537", "-1e9x", "abc", "Infinity"])("announced as %s bytes is refused", (length) => {
    expect(refusal("POST", { ...JSON_TYPE, "content-length": length })).toBe(413);
  });

  it("is read to 64 KiB and not a byte further, announced or not", async () => {
    const post = (body: string) => new Request(OWN, { method: "POST", body });
    expect(await readBody(post("x".repeat(65_536)))).toHaveLength(65_536);
    expect(await readBody(post("x".repeat(65_537)))).toBeNull();
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        controller.enqueue(new Uint8Array(8_192));
      },
    });
    const streamed = new Request(OWN, { method: "POST", body: endless, duplex: "half" } as RequestInit);
    expect(await readBody(streamed)).toBeNull();
    expect(sent).toBeLessThan(15);
  });

  it("goes on to whoever reads any to its end, whole, or not at all", async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded", cookie: "a=b" };
    const post = (body?: string) =>
      new Request(`${OWN}/api/auth/x`, { method: "POST", headers, ...(body && { body }) });
    const read = await withBody(post("csrfToken=ü"));
    expect([read?.url, read?.method, read?.headers.get("cookie")]).toEqual([`${OWN}/api/auth/x`, "POST", "a=b"]);
    expect(await read?.text()).toBe("csrfToken=ü");
    expect(await (await withBody(post()))?.text()).toBe("");
    expect(await withBody(post("x".repeat(65_537)))).toBeNull();
  });
});
