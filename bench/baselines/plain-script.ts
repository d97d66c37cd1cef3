import type { Stencil } from "../stencil";

/**
 * A consume as one would write it first, with what everybody's has: key checks, a token bucket, a look-up of the
 * idempotency key, a check of the amount, a burn from two grants, a sequence, an event of twelve fields, and the result
 * kept for 24 hours. JSON where there is structure, as the manuals do it.
 *
 * KEYS 1 key · 2 account · 3 bucket · 4 idempotency record · 5 outbox
 * ARGV 1 now, ms · 2 amount · 3 app · 4 operation · 5 session
 */
export const PLAIN_SCRIPT = `
local now = tonumber(ARGV[1])
local key = redis.call('HMGET', KEYS[1], 'status', 'expires_at', 'scopes', 'id')
if key[1] ~= 'active' then return cjson.encode({status = 'invalid_api_key'}) end
if tonumber(key[2]) ~= 0 and tonumber(key[2]) <= now then return cjson.encode({status = 'invalid_api_key'}) end
if not string.find(key[3], 'tokens:consume', 1, true) then return cjson.encode({status = 'insufficient_scope'}) end

local seen = redis.call('GET', KEYS[4])
if seen then return seen end

local bucket = redis.call('HMGET', KEYS[3], 'tokens', 'at')
local burst, rate = 1000000, 1000000 / 3600000
local tokens = tonumber(bucket[1] or burst)
tokens = math.min(burst, tokens + (now - tonumber(bucket[2] or now)) * rate)
if tokens < 1 then return cjson.encode({status = 'rate_limited'}) end
redis.call('HSET', KEYS[3], 'tokens', tostring(tokens - 1), 'at', ARGV[1])
redis.call('PEXPIRE', KEYS[3], 3600000)

local amount = tonumber(ARGV[2])
if not amount or amount < 1 or amount ~= math.floor(amount) then return cjson.encode({status = 'invalid_amount'}) end

local account = redis.call('HMGET', KEYS[2], 'balance', 'grants')
local balance = tonumber(account[1])
if balance < amount then return cjson.encode({status = 'insufficient_tokens', balance = balance}) end
local grants = cjson.decode(account[2])
local left, parts = amount, {}
for _, grant in ipairs(grants) do
  if left > 0 and grant.remaining > 0 and (grant.expires_at == 0 or grant.expires_at > now) then
    local burnt = math.min(grant.remaining, left)
    grant.remaining = grant.remaining - burnt
    left = left - burnt
    parts[#parts + 1] = {id = grant.id, tokens = burnt}
  end
end
balance = balance - amount
redis.call('HSET', KEYS[2], 'balance', string.format('%.0f', balance), 'grants', cjson.encode(grants))
local seq = redis.call('HINCRBY', KEYS[2], 'seq', 1)

redis.call('XADD', KEYS[5], '*', 'account', KEYS[2], 'seq', seq, 'operation', ARGV[4], 'kind', 'usage',
  'tokens', amount, 'delta', -amount, 'balance', string.format('%.0f', balance), 'parts', cjson.encode(parts),
  'app', ARGV[3], 'key', key[4], 'session', ARGV[5], 'at', ARGV[1])
local result = cjson.encode({status = 'ok', operation = ARGV[4], amount = amount, balance = balance, at = now})
redis.call('SET', KEYS[4], result, 'PX', 86400000)
return {'ok', result}
`;

/** What the script needs for one account, as commands, and its calls. All in one partition's slot, as ours. */
export function plainAccount(index: number): { readonly set: readonly string[][]; readonly stencil: Stencil } {
  const tag = `{plain${index % 64}}`;
  const grants = ["a", "b"].map((id) => ({
    id: `0190${id.repeat(4)}-0000-7000-8000-00000000${String(index).padStart(4, "0")}`,
    source: "pack",
    remaining: 400_000_000,
    expires_at: 0,
  }));
  const keys = [`${tag}:key:${index}`, `${tag}:account:${index}`, `${tag}:bucket:${index}`];
  return {
    set: [
      [
        "HSET",
        keys[0] ?? "",
        "status",
        "active",
        "expires_at",
        "0",
        "scopes",
        "apps:read,tokens:consume",
        "id",
        `ak_${index}`,
      ],
      ["HSET", keys[1] ?? "", "balance", "800000000", "seq", "0", "grants", JSON.stringify(grants)],
    ],
    stencil: {
      keys: 5,
      words: [
        ...keys.map((key) => [key]),
        [`${tag}:idem:`, "h", ""],
        [`${tag}:outbox`],
        ["", "d", ""],
        ["1"],
        ["pdc-001"],
        ["", "o", ""],
        ["bench"],
      ],
    },
  };
}
