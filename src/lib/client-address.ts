const IPV4 = /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;
const IPV6 =
  /^(?=.*:)(([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|(([0-9a-f]{1,4}:){0,6}[0-9a-f]{1,4})?::(([0-9a-f]{1,4}:){0,6}[0-9a-f]{1,4})?)$/i;

/**
 * The address a request came from, as far as headers tell. The last entry of `X-Forwarded-For` is the one the nearest
 * proxy wrote; those before it are the client's own word, so rotating them gains nothing.
 */
export function clientAddress(headers: Pick<Headers, "get">): string | undefined {
  const forwarded = headers.get("x-forwarded-for");
  return forwarded?.split(",").at(-1)?.trim() || undefined;
}

/** An IPv4 or IPv6 address as Postgres takes it for `inet`, in small letters; null for anything else. */
export function plainAddress(value: string | undefined): string | null {
  const text = value?.trim().replace(/^::ffff:(?=\d+\.)/i, "") ?? "";
  if (IPV4.test(text)) return text;
  // Around `::` at least one group is left out, so at most seven are written.
  const groups = text.split(":").filter(Boolean).length;
  return IPV6.test(text) && groups <= (text.includes("::") ? 7 : 8) ? text.toLowerCase() : null;
}

/**
 * Whose attempts are counted together: an IPv4 address, or the /64 of an IPv6 one, which is what one household or host
 * holds; `unknown` for what is no address.
 */
export function addressGroup(value: string | undefined): string {
  const bare = value?.replace(/^\[(.*)\](?::\d+)?$/, "$1").replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1");
  const plain = plainAddress(bare);
  if (plain === null) return "unknown";
  return plain.includes(":") ? `${prefix64(plain)}::/64` : plain;
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

/**
 * Whose attempts a request counts among.
 *
 * Only the last entry of `X-Forwarded-For` counts. A proxy in front of the product must append to that header or
 * overwrite it, as all of them do; without a proxy Next fills a missing header in from the socket, and whatever listens
 * in front of Next must drop one that a client made up.
 */
export const throttleAddress = (headers: Pick<Headers, "get">): string => addressGroup(clientAddress(headers));
