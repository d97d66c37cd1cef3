import { createServer, request } from "node:http";
import { expect, it } from "vitest";
import { forwardedFor, peerAt, serve } from "./http";
import { finder } from "./routes";

it("an address or a method that no Web request can be made of is refused like any other that is not there", async () => {
  const find = finder({ "/here": { GET: { web: () => new Response("here") } } });
  const server = createServer((incoming, outgoing) => {
    serve(find(incoming.method ?? "", incoming.url ?? ""), incoming, outgoing).catch((error) =>
      outgoing.destroy(error),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const statusOf = (method: string, path: string) =>
    new Promise((resolve, reject) => {
      const sent = request({ host: "127.0.0.1", port, method, path }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      sent.on("error", reject).end();
    });
  expect(await statusOf("GET", "/here")).toBe(200);
  expect(await statusOf("GET", "//")).toBe(404);
  expect(await statusOf("GET", "//host:no/here")).toBe(404);
  expect(await statusOf("GET", "http://[/here")).toBe(404);
  expect(await statusOf("TRACE", "/here")).toBe(405);
  server.close();
});

it("believes X-Forwarded-For from one's own network, and from nowhere else", () => {
  for (const peer of ["127.0.0.1", "::1", "::ffff:10.1.2.3", "172.20.0.5", "192.168.1.1", "fd00::1"])
    expect(forwardedFor("203.0.113.9, 198.51.100.7", peerAt(peer)), peer).toBe("203.0.113.9, 198.51.100.7");
  for (const peer of ["203.0.113.1", "::ffff:172.32.0.1", "2001:db8::1"])
    expect(forwardedFor("203.0.113.9", peerAt(peer)), peer).toBe(peer.replace("::ffff:", ""));
});

it("takes the connection's address where there is no X-Forwarded-For", () => {
  expect(forwardedFor(undefined, peerAt("::ffff:127.0.0.1"))).toBe("127.0.0.1");
  expect(forwardedFor(undefined, peerAt(undefined))).toBe("");
});
