import { CLOCK, FLAGS, GRANTS, TEXT } from "./common";

/**
 * Writes off what has expired on one account that nobody has touched.
 *
 * KEYS 1 account hash · 2 outbox · 3 due
 * ARGV 1 account name
 * Returns {code, now}: `ok` | `missing_account` (taken off the due set; the hydrate puts it back)
 */
export const SWEEP = `${FLAGS}${CLOCK}${TEXT}${GRANTS}
local account = redis.call('HMGET', KEYS[1], 'e', 's', 'b', 'g', 'ret')
if not account[1] or account[5] then
  redis.call('ZREM', KEYS[3], ARGV[1])
  return {'missing_account', text(now)}
end
local live, expired = split(account[4])
local seq, balance = sweep(KEYS[2], ARGV[1], account[1], expired, tonumber(account[2]), tonumber(account[3]))
if #expired > 0 then
  redis.call('HSET', KEYS[1], 's', text(seq), 'b', text(balance), 'g', pack(live))
end
mark_due(KEYS[3], ARGV[1], live)
return {'ok', text(now)}
`;
