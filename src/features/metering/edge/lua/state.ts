import { CLOCK, FLAGS } from "./common";

/**
 * Retires an account's hash up to an epoch, so that it refuses until a later one is set.
 *
 * KEYS 1 account hash
 * ARGV 1 the last epoch that is over
 * Returns {code, e, s, b, gen}: `ok`, with what the hash held, '' for what it did not | `newer` (an epoch after that one
 * stands there; untouched)
 *
 * Field `ret` is the floor: a set of that epoch or an earlier one which is still on its way finds its place taken, also
 * where there is no hash but this.
 */
export const RETIRE = `${FLAGS}
local there = redis.call('HMGET', KEYS[1], 'e', 's', 'b', 'gen', 'ret')
if there[1] and tonumber(there[1]) > tonumber(ARGV[1]) then return {'newer'} end
if not there[5] or tonumber(there[5]) < tonumber(ARGV[1]) then redis.call('HSET', KEYS[1], 'ret', ARGV[1], 'f', '1') end
return {'ok', there[1] or '', there[2] or '', there[3] or '', there[4] or ''}
`;

/**
 * Sets an account's hash from what Postgres knows, where it is absent or retired.
 *
 * KEYS 1 account hash · 2 due · 3 holds
 * ARGV 1 deadline (Redis ms): a hydrate whose lock may be gone must not act any more · 2 account name
 *      3 when something falls due (Redis ms, '' for never) · 4 epoch · 5 open reservations, \`id,expires;\` each
 *      6… field, value, field, value …; with \`f\` where \`cap\` or \`lk\` is among them
 * Returns {code, now}: \`ok\` | \`late\` | \`present\` (a hash in force, or one retired at this epoch or a later one: untouched)
 *
 * The rate buckets stay where there are any: a brand must not get new ones by changing what it has configured.
 */
export const SET_ACCOUNT = `${FLAGS}${CLOCK}
if now > tonumber(ARGV[1]) then return {'late', at} end
local there = redis.call('HMGET', KEYS[1], 'e', 'ret')
if there[2] then
  if tonumber(there[2]) >= tonumber(ARGV[4]) then return {'present', at} end
elseif there[1] then
  return {'present', at}
end
local old = redis.call('HGETALL', KEYS[1])
redis.call('DEL', KEYS[1], KEYS[3])
for i = 1, #old, 2 do
  if old[i] == 'rc' or string.sub(old[i], 1, 3) == 'ak_' then redis.call('HSET', KEYS[1], old[i], old[i + 1]) end
end
for i = 6, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
for id, expires in string.gmatch(ARGV[5], '([^,;]+),(%d+);') do redis.call('ZADD', KEYS[3], expires, id) end
if ARGV[3] ~= '' then
  redis.call('HSET', KEYS[1], 'x', ARGV[3], 'f', '1')
  redis.call('ZADD', KEYS[2], ARGV[3], ARGV[2])
else
  redis.call('ZREM', KEYS[2], ARGV[2])
end
return {'ok', at}
`;

/**
 * Writes a key record unless a newer one stands there; a tombstone is a record with status \`revoked\`.
 *
 * KEYS 1 key record · 2 catalogue
 * ARGV 1 version · 2 lifetime in ms, '' for ever · 3… field, value, …
 * Returns {code}: `ok` | `newer`
 *
 * The record carries the partition's generation of this moment: of another one it counts as unknown.
 */
export const SET_KEY_RECORD = `${FLAGS}
local there = redis.call('HGET', KEYS[1], 'v')
if there and tonumber(there) > tonumber(ARGV[1]) then return {'newer'} end
local fields = {'v', ARGV[1], 'gen', redis.call('HGET', KEYS[2], 'gen') or ''}
for i = 3, #ARGV do fields[#fields + 1] = ARGV[i] end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(fields))
if ARGV[2] ~= '' then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return {'ok'}
`;

/**
 * Replaces a partition's copy of the catalogue.
 *
 * KEYS 1 catalogue
 * ARGV 1 deadline (Redis ms) · 2… field, value, …
 * Returns {code, now}: `ok` | `late`
 */
export const SET_CATALOG = `${FLAGS}${CLOCK}
if now > tonumber(ARGV[1]) then return {'late', at} end
local fields = {}
for i = 2, #ARGV do fields[#fields + 1] = ARGV[i] end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(fields))
return {'ok', at}
`;

/**
 * Sets some fields of a customer's accounts, each where it is in force; used for what a brand configures.
 *
 * KEYS 1… account hashes, of one partition
 * ARGV 1 deadline (Redis ms) · 2… field, value, …
 * Returns {code, now}: `ok` | `late`
 *
 * An account that is absent or retired is left alone: the hydrate will read the fields.
 */
export const CONFIGURE_ACCOUNTS = `${FLAGS}${CLOCK}
if now > tonumber(ARGV[1]) then return {'late', at} end
local fields = {}
for i = 2, #ARGV do fields[#fields + 1] = ARGV[i] end
for _, account in ipairs(KEYS) do
  local there = redis.call('HMGET', account, 'e', 'ret')
  if there[1] and not there[2] then redis.call('HSET', account, unpack(fields)) end
end
return {'ok', at}
`;
