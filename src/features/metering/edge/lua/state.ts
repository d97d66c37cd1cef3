import { CLOCK, FLAGS, TEXT } from "./common";

/**
 * Retires an account's hash, so that it refuses until it is set anew.
 * KEYS 1 account hash. Returns 1 where there was something to retire.
 */
export const RETIRE = `${FLAGS}
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'ret', '1')
return 1
`;

/**
 * Sets an account's hash from what Postgres knows, where it is absent or retired.
 *
 * KEYS 1 account hash · 2 due
 * ARGV 1 deadline (Redis ms): a hydrate whose lock may be gone must not act any more · 2 account name
 *      3 soonest expiry (Redis ms, '' for none) · 4 epoch · 5… field, value, field, value …
 * Returns {code, now}: `ok` | `late` | `present` (a hash that is not retired, or of a later epoch: untouched)
 */
export const SET_ACCOUNT = `${FLAGS}${CLOCK}${TEXT}
local at = text(now)
if now > tonumber(ARGV[1]) then return {'late', at} end
local there = redis.call('HMGET', KEYS[1], 'e', 'ret')
if there[1] and (not there[2] or tonumber(there[1]) > tonumber(ARGV[4])) then return {'present', at} end
redis.call('DEL', KEYS[1])
local fields = {}
for i = 5, #ARGV do fields[#fields + 1] = ARGV[i] end
redis.call('HSET', KEYS[1], unpack(fields))
if ARGV[3] ~= '' then redis.call('ZADD', KEYS[2], ARGV[3], ARGV[2]) else redis.call('ZREM', KEYS[2], ARGV[2]) end
return {'ok', at}
`;

/**
 * Writes a key record unless a newer one stands there; a tombstone is a record with status \`revoked\`.
 *
 * KEYS 1 key record
 * ARGV 1 version · 2… field, value, …
 * Returns 1 where it was written, 0 where a newer version stands.
 */
export const SET_KEY_RECORD = `${FLAGS}
local there = redis.call('HGET', KEYS[1], 'v')
if there and tonumber(there) > tonumber(ARGV[1]) then return 0 end
local fields = {'v', ARGV[1]}
for i = 2, #ARGV do fields[#fields + 1] = ARGV[i] end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(fields))
return 1
`;

/**
 * Sets some fields of an account that is in force; used for what a brand configures.
 *
 * KEYS 1 account hash
 * ARGV field, value, …
 * Returns 1 where they were set, 0 where there is no account to set them on (the hydrate will read them).
 */
export const CONFIGURE_ACCOUNT = `${FLAGS}
local there = redis.call('HMGET', KEYS[1], 'e', 'ret')
if not there[1] or there[2] then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV))
return 1
`;
