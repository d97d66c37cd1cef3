import { isIPv4, isIPv6 } from "node:net";
import { clientAddress } from "@/lib/client-address";

/**
 * Whose attempts are counted together, out of a request's headers: an IPv4 address, or the /64 of an IPv6 one, which
 * is what one household or host holds.
 *
 * Only the last entry of `X-Forwarded-For` counts. A proxy in front of the product must append to that header or
 * overwrite it, as all of them do; without a proxy Next fills a missing header in from the socket, and whatever listens
 * in front of Next must drop one that a client made up.
 */
export function throttleAddress(headers: Headers): string {
  const last = clientAddress(headers)?.toLowerCase() ?? "";
  const bare = last.replace(/^\[(.*)\](?::\d+)?$/, "$1").replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1");
  const mapped = bare.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, "");
  if (isIPv4(mapped)) return mapped;
  if (!isIPv6(mapped) || mapped.includes("%")) return "unknown";
  return `${prefix64(mapped)}::/64`;
}

/** The first four groups of an IPv6 address, without leading zeros. */
function prefix64(address: string): string {
  // The URL parser writes an address in one form only, with hexadecimal groups.
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = "", tail] = canonical.split("::");
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  const gap = tail === undefined ? [] : Array<string>(8 - front.length - back.length).fill("0");
  return [...front, ...gap, ...back].slice(0, 4).join(":");
}
