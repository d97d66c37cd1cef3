import { expect, it } from "vitest";
import { forwardedFor, peerAt } from "./http";

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
