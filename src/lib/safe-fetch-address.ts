import { BlockList, isIP } from "node:net";

/**
 * Which addresses belong to the public internet. What is not public is refused where somebody else names the address:
 * it may be a database, a neighbour, or the host's metadata service, which trusts whoever can reach it.
 */

/** IPv4: everything is public but these (IANA's special-purpose registry, and one of Azure's). */
const PRIVATE_OF_FOUR: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8], // this host
  ["10.0.0.0", 8],
  ["100.64.0.0", 10], // carrier-grade NAT; one cloud's metadata service
  ["127.0.0.0", 8], // loopback
  ["168.63.129.16", 32], // Azure's own service to each machine, in the midst of public addresses
  ["169.254.0.0", 16], // link-local; metadata services
  ["172.16.0.0", 12],
  ["192.0.0.0", 24], // protocol assignments; one cloud's metadata service
  ["192.0.2.0", 24], // documentation
  ["192.88.99.0", 24], // relays of 6to4
  ["192.168.0.0", 16],
  ["198.18.0.0", 15], // benchmarks
  ["198.51.100.0", 24], // documentation
  ["203.0.113.0", 24], // documentation
  ["224.0.0.0", 4], // multicast
  ["240.0.0.0", 4], // reserved, broadcast
];

/** IPv6: nothing is public but global unicast, 2000::/3, and of that not these. It leaves out ::1, ::ffff:a.b.c.d, NAT64
 * (64:ff9b::/96, 64:ff9b:1::/48), unique local, link-local and multicast by itself. */
const PRIVATE_OF_SIX: readonly (readonly [string, number])[] = [
  ["2001::", 23], // protocol assignments; Teredo, which carries an IPv4 address
  ["2001:db8::", 32], // documentation
  ["2002::", 16], // 6to4, which carries an IPv4 address
  ["3fff::", 20], // documentation
];

const listOf = (subnets: readonly (readonly [string, number])[], family: "ipv4" | "ipv6"): BlockList => {
  const list = new BlockList();
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, family);
  return list;
};
const fourPrivate = listOf(PRIVATE_OF_FOUR, "ipv4");
const sixPrivate = listOf(PRIVATE_OF_SIX, "ipv6");
const sixGlobal = listOf([["2000::", 3]], "ipv6");
const fourLoopback = listOf([["127.0.0.0", 8]], "ipv4");
const sixLoopback = listOf([["::1", 128]], "ipv6");

/** Whether an address, in the notation of `node:net`, is one of the public internet. False for what is no address. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !fourPrivate.check(address, "ipv4");
    case 6:
      return sixGlobal.check(address, "ipv6") && !sixPrivate.check(address, "ipv6");
    default:
      return false;
  }
}

/** Whether an address is this machine's own. */
export function isLoopbackAddress(address: string): boolean {
  const family = isIP(address);
  return (family === 4 && fourLoopback.check(address, "ipv4")) || (family === 6 && sixLoopback.check(address, "ipv6"));
}
