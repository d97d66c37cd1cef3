import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { checkUrl, type OutgoingReason, type Outside, safeFetch } from "./safe-fetch";
import { isLoopbackAddress, isPublicAddress } from "./safe-fetch-address";

// Of hooks.test, signed by itself for a hundred years; it guards nothing.
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgZtJARe8NVSAgHsKK
+JGUyS7pwpyXaDFlYet09VN47lqhRANCAASU2XdEO0+652Hqq0koGzAsFUvrHiTT
fajVC3chjQSsTYPE/EfwblOPJbDKSGA0eMHfOuCG/yzyZ7lcxFGzplKq
-----END PRIVATE KEY-----`;
const CERT = `-----BEGIN CERTIFICATE-----
MIIBmDCCAT6gAwIBAgIUDAwYgHpy832bYV7izdwXbZfP+MowCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKaG9va3MudGVzdDAgFw0yNjExMjExODQ5MzBaGA8yMTI2MTAy
ODE4NDkzMFowFTETMBEGA1UEAwwKaG9va3MudGVzdDBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABJTZd0Q7T7rnYeqrSSgbMCwVS+seJNN9qNULdyGNBKxNg8T8R/Bu
U48lsMpIYDR4wd864Ib/LPJnuVzEUbOmUqqjajBoMB0GA1UdDgQWBBRpX4SY6KJz
tX7k4tTM/A0TW0MQuTAfBgNVHSMEGDAWgBRpX4SY6KJztX7k4tTM/A0TW0MQuTAP
BgNVHRMBAf8EBTADAQH/MBUGA1UdEQQOMAyCCmhvb2tzLnRlc3QwCgYIKoZIzj0E
AwIDSAAwRQIgUpC6lbf3F5ObuaU3DSVE18TUrLihCqUe2bpRzpZ3ajMCIQDgVyVd
8gNkjFK6ooQZSmLpFmu4T7CDLOzQcTY1yJwR1A==
-----END CERTIFICATE-----`;

const open: Server[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const listening = async (server: Server, host: string): Promise<number> => {
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return (server.address() as AddressInfo).port;
};
const receiver = (answer: RequestListener, host = "127.0.0.1") => listening(createServer(answer), host);

/** Names lead where `names` says, and this machine's own addresses are allowed, unless told otherwise. */
const world = (names: Record<string, readonly string[]> = {}, more: Partial<Outside> = {}): Outside => ({
  resolve: async (name) => names[name] ?? [],
  loopback: true,
  ...more,
});
const strict = (names: Record<string, readonly string[]> = {}) => world(names, { loopback: false });

const reasonOf = (sent: Promise<unknown>): Promise<OutgoingReason> =>
  sent.then(
    () => expect.unreachable("it went out"),
    (error) => error.reason,
  );

describe("an address", () => {
  it.each([
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.168.1.1",
    "198.19.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "::ffff:8.8.8.8",
    "::7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    "100::1",
    "no address",
    "",
  ])("that is not of the public internet is told: %s", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(["1.1.1.1", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "192.0.1.1", "223.255.255.255"])(
    "of the public internet is told: %s",
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
      expect(isPublicAddress("2606:4700::1111")).toBe(true);
    },
  );

  it("of this machine is told in both families", () => {
    expect(["127.0.0.1", "127.9.9.9", "::1"].every(isLoopbackAddress)).toBe(true);
    expect(["10.0.0.1", "::2", "localhost"].some(isLoopbackAddress)).toBe(false);
  });
});

describe("what is named", () => {
  it.each([
    "http://hooks.example.com/",
    "ftp://hooks.example.com/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:text/plain,a",
    "https://hooks.example.com:8443/",
    "https://hooks.example.com:80/",
    "https://user@hooks.example.com/",
    "https://user:secret@hooks.example.com/",
    "https://localhost/",
    "https://localhost./",
    "https://api.localhost/",
    "https://intranet/",
    "https://intranet./",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://0x7f.1/",
    "https://2130706433/",
    "https://0177.0.0.1/",
    "https://①②⑦.⓪.⓪.①/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[64:ff9b::10.0.0.1]/",
    "https://[2002:7f00:1::]/",
    "https://[fe80::1]/",
    "not an address",
    `https://hooks.example.com/${"a".repeat(2_100)}`,
  ])("is refused before anything is asked: %s", async (url) => {
    expect(() => checkUrl(url, { loopback: false })).toThrow();
    expect(await reasonOf(safeFetch(url, {}, strict()))).toBe("address_refused");
  });

  it.each(["https://hooks.example.com/a?b=c", "https://hooks.example.com:443/", "https://1.1.1.1/"])(
    "passes where it is public: %s",
    (url) => {
      expect(checkUrl(url, { loopback: false }).protocol).toBe("https:");
    },
  );

  it("may be this machine where development says so, and still nothing else that is private", () => {
    for (const url of ["http://localhost:1/", "http://127.0.0.1:1/", "https://[::1]:1/"])
      checkUrl(url, { loopback: true });
    for (const url of ["http://10.0.0.1/", "http://hooks.example.com/", "https://10.0.0.1/", "ftp://localhost/"]) {
      expect(() => checkUrl(url, { loopback: true }), url).toThrow();
    }
  });
});

describe("a request to the outside", () => {
  it("brings status, headers and body, with what was sent", async () => {
    const port = await receiver(async (request, response) => {
      const chunks = await request.toArray();
      response.writeHead(201, { "x-said": request.headers["x-say"] ?? "" });
      response.end(`${request.method} ${Buffer.concat(chunks)} ${request.headers["accept-encoding"]}`);
    });
    const sent = { method: "POST", body: "hello", headers: { "x-say": "hi", "accept-encoding": "gzip" } } as const;
    const answer = await safeFetch(`http://localhost:${port}/`, sent, world());
    expect(answer).toMatchObject({ status: 201, truncated: false, headers: { "x-said": "hi" } });
    expect(answer.body.toString()).toBe("POST hello identity");
  });

  it("goes to no private address that a name leads to, nor where one of several is private", async () => {
    let reached = 0;
    await receiver(() => reached++);
    for (const addresses of [["127.0.0.1"], ["10.0.0.1"], ["1.1.1.1", "169.254.169.254"], ["::ffff:10.0.0.1"]]) {
      const names = { "hooks.example.com": addresses };
      expect(await reasonOf(safeFetch("https://hooks.example.com/", {}, strict(names)))).toBe("address_refused");
    }
    // With this machine allowed, its neighbours are not.
    const names = { "hooks.example.com": ["127.0.0.1", "192.168.0.1"] };
    expect(await reasonOf(safeFetch("https://hooks.example.com/", {}, world(names)))).toBe("address_refused");
    expect(reached).toBe(0);
  });

  it("asks for a name once and connects to what was checked, whatever the name says later", async () => {
    let [checked, other] = [0, 0];
    const answer: RequestListener = (_, response) => void response.end(String(++checked));
    const first = createTlsServer({ key: KEY, cert: CERT }, answer);
    const port = await listening(first, "127.0.0.1");
    const second = createTlsServer({ key: KEY, cert: CERT }, () => other++);
    open.push(second);
    await new Promise<void>((resolve) => second.listen(port, "127.0.0.2", resolve));
    let asked = 0;
    const rebinding = world({}, { ca: CERT, resolve: async () => [asked++ === 0 ? "127.0.0.1" : "127.0.0.2"] });
    const got = await safeFetch(`https://hooks.test:${port}/`, {}, { ...rebinding, port });
    expect(got.body.toString()).toBe("1");
    expect([asked, checked, other]).toEqual([1, 1, 0]);
  });

  it("shows itself to nobody whose certificate is of another name, or of nobody", async () => {
    let reached = 0;
    const port = await listening(
      createTlsServer({ key: KEY, cert: CERT }, () => reached++),
      "127.0.0.1",
    );
    const names = { "hooks.test": ["127.0.0.1"], "other.test": ["127.0.0.1"] };
    const other = safeFetch(`https://other.test:${port}/`, {}, world(names, { ca: CERT, port }));
    expect(await reasonOf(other)).toBe("tls_failed");
    expect(await reasonOf(safeFetch(`https://hooks.test:${port}/`, {}, world(names, { port })))).toBe("tls_failed");
    expect(reached).toBe(0);
  });

  it("follows no redirect by itself, and none to where it may not go", async () => {
    let target = 0;
    const inner = await receiver((_, response) => void response.end(String(++target)), "127.0.0.2");
    const to = (location: string) =>
      receiver((_, response) => void response.writeHead(302, { location }).end("elsewhere"));
    const port = await to(`http://127.0.0.2:${inner}/`);
    const left = await safeFetch(`http://127.0.0.1:${port}/`, {}, world());
    expect([left.status, left.body.toString(), target]).toEqual([302, "elsewhere", 0]);
    for (const location of [
      "http://169.254.169.254/",
      "https://10.0.0.1/",
      "http://hooks.example.com/",
      "file:///etc",
    ]) {
      const url = `http://127.0.0.1:${await to(location)}/`;
      expect(await reasonOf(safeFetch(url, { redirects: 3 }, world())), location).toBe("address_refused");
    }
  });

  it("follows as many redirects as it may, shows the next host no header of the first, and posts to none", async () => {
    const seen: (string | undefined)[] = [];
    const last = await receiver((request, response) => {
      seen.push(request.headers.authorization);
      response.end("there");
    });
    const hop = await receiver(
      (_, response) => void response.writeHead(301, { location: `http://127.0.0.1:${last}/` }).end(),
    );
    const url = `http://127.0.0.1:${hop}/`;
    const headers = { authorization: "Bearer one" };
    const answer = await safeFetch(url, { redirects: 1, headers }, world());
    expect([answer.body.toString(), answer.url, seen]).toEqual(["there", `http://127.0.0.1:${last}/`, [undefined]]);
    expect((await safeFetch(url, { redirects: 1, method: "POST", body: "a" }, world())).status).toBe(301);
    const round = await receiver((_, response) => void response.writeHead(307, { location: "/" }).end());
    expect(await reasonOf(safeFetch(`http://127.0.0.1:${round}/`, { redirects: 5 }, world()))).toBe("redirected");
  });

  it.each([
    ["never answers", () => {}],
    [
      "sends a byte now and then",
      async (_: unknown, response: Parameters<RequestListener>[1]) => {
        response.writeHead(200);
        while (!response.destroyed) {
          response.write(".");
          await sleep(20);
        }
      },
    ],
  ] as const)("has a time limit for all of it, where the other side %s", async (_, answer) => {
    const port = await receiver(answer as RequestListener);
    const started = Date.now();
    expect(await reasonOf(safeFetch(`http://127.0.0.1:${port}/`, { timeoutMs: 200 }, world()))).toBe("timed_out");
    expect(Date.now() - started).toBeLessThan(1_500);
  });

  it("waits for a slow name server no longer, and ends when it is told to", async () => {
    const never = world({}, { resolve: () => new Promise(() => {}) });
    expect(await reasonOf(safeFetch("https://hooks.example.com/", { timeoutMs: 50 }, never))).toBe("timed_out");
    const stop = AbortSignal.timeout(50);
    const port = await receiver(() => {});
    await expect(safeFetch(`http://127.0.0.1:${port}/`, { signal: stop }, world())).rejects.toThrow();
  });

  it("reads an endless answer up to its limit, and cuts or refuses it there", async () => {
    let broken = 0;
    const port = await receiver(async (_, response) => {
      response.on("close", () => broken++);
      response.writeHead(200);
      while (!response.destroyed) {
        response.write("x".repeat(10_000));
        await sleep(1);
      }
    });
    const url = `http://127.0.0.1:${port}/`;
    const cut = await safeFetch(url, { maxBytes: 25_000, overflow: "cut" }, world());
    expect([cut.status, cut.body.length, cut.truncated]).toEqual([200, 25_000, true]);
    expect(await reasonOf(safeFetch(url, { maxBytes: 25_000 }, world()))).toBe("too_large");
    await expect.poll(() => broken).toBe(2);
  });

  it("takes an answer of just the limit as whole", async () => {
    const port = await receiver((_, response) => void response.end("x".repeat(1_000)));
    const answer = await safeFetch(`http://127.0.0.1:${port}/`, { maxBytes: 1_000 }, world());
    expect([answer.body.length, answer.truncated]).toEqual([1_000, false]);
  });

  it("says so where nobody listens, the connection breaks, or the name is not known", async () => {
    const port = await receiver((request) => void request.socket.destroy());
    expect(await reasonOf(safeFetch(`http://127.0.0.1:${port}/`, {}, world()))).toBe("unreachable");
    const half = await receiver((request, response) => {
      response.writeHead(200, { "content-length": "10" }).write("half");
      setTimeout(() => request.socket.destroy(), 20);
    });
    expect(await reasonOf(safeFetch(`http://127.0.0.1:${half}/`, {}, world()))).toBe("unreachable");
    expect(await reasonOf(safeFetch("http://127.0.0.1:1/", {}, world()))).toBe("unreachable");
    expect(await reasonOf(safeFetch("https://hooks.example.com/", {}, world()))).toBe("name_not_found");
  });
});
