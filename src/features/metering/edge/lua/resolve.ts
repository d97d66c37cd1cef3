import { admission, BOOKS, CLOCK, door, FLAGS, SECRET_ONLY } from "./common";

/**
 * Resolves a reservation, once: settles what was used of it and gives back the rest, or releases it whole.
 *
 * KEYS 1 to 7 as in consume, of which 4 is the reservation's resolution: what became of it
 * ARGV
 *  1 to 7 as the door says; 4 (app) is ''
 *  8 reservation id
 *  9 tokens used, digits; '0' releases
 * 10 operation id made by the caller before its first attempt; becomes the usage id
 * 11 details      JSON for token_usage, for the event
 * 12 lifetime     of the resolution's record, ms
 *
 * Returns {code, now, rates, …}; \`ok\` with status (settled|released), app, reserved, consumed, balance, unlimited,
 * expires, usage id ('' where released), replayed; else as consume, or
 *  reservation_closed   it was resolved otherwise before
 *  unseen               it is not open here, and nobody has looked it up: nothing was done
 *  reservation_not_found  likewise, and it was looked up
 *  amount_not_allowed   more than was reserved
 *
 * A reservation whose time is over is released by this call, if nothing else has; then a release has what it asked for,
 * and a settle comes too late. What comes back to a grant whose time is over expires at once. Whether the answer names a
 * balance is decided by the hold, as the ledger can tell it again.
 */
export const RESOLVE = `${FLAGS}${CLOCK}${door(SECRET_ONLY)}${BOOKS}
local step = ARGV[9] == '0' and 'released' or 'settled'
local function resolved(record, rates)
  local status, was_app, reserved, consumed, was_balance, unlimited, expires, usage, operation =
    string.match(record, '^r1|(%l+)|([^|]*)|(%d+)|(%d+)|(%d+)|([01])|(%d+)|([^|]*)|([^|]*)$')
  if status ~= step or consumed ~= ARGV[9] then return {'reservation_closed', at, rates} end
  local replayed = operation == ARGV[10] and '0' or '1'
  return {'ok', at, rates, status, was_app, reserved, consumed, was_balance, unlimited, expires, usage, replayed}
end
local saved = redis.call('GET', KEYS[4])
if saved then return resolved(saved, '') end
${admission(", 'h:' .. ARGV[8]", "")}
local hold = account[16]
local held_app, reserved, expires, created, parts
if hold then held_app, reserved, expires, created, parts = string.match(hold, '^([^|]+)|(%d+)|(%d+)|(%d+)|(.*)$') end
if not held_app then
  if ARGV[6] ~= '1' then return {'unseen', at, ''} end
  count()
  return {'reservation_not_found', at, rates}
end
if not string.match(ARGV[9], '^%d+$') or #ARGV[9] > 15 or tonumber(ARGV[9]) > tonumber(reserved) then
  count()
  return {'amount_not_allowed', at, rates}
end
local consumed = tonumber(ARGV[9])
local late = tonumber(expires) <= now
local status, used, usage = step, consumed, ARGV[10]
if late then status, used = 'released', 0 end
if status == 'released' then usage = '' end

local B = books()
local list = B.unpack(account[4])
local back, sum = B.back(parts, used)
for _, grant in ipairs(back) do B.give(list, grant) end
if status == 'settled' then
  B.emit('settle', usage, used, sum, B.parts(back, 1), 'v', ARGV[8], 'p', held_app, 'y', key[3], 'm', ARGV[11])
else
  B.emit('release', 'release:' .. ARGV[8], tonumber(reserved), sum, B.parts(back, 1), 'v', ARGV[8], 'p', held_app)
end
if caps then
  spend(held_app, -tonumber(reserved), tonumber(created))
  if used > 0 then spend(held_app, used, now) end
end
B.forget_hold(ARGV[8])
redis.call('HSET', ACCOUNT, 'rk:' .. key[3], key_full, 'rc', account_full)
list = B.commit(B.release(list), list)
B.save(list)
local unlimited = parts == '' and '1' or '0'
local record = 'r1|' .. status .. '|' .. held_app .. '|' .. reserved .. '|' .. text(used) .. '|' .. text(balance) .. '|' ..
  unlimited .. '|' .. expires .. '|' .. usage .. '|' .. ARGV[10]
redis.call('SET', KEYS[4], record, 'PX', ARGV[12])
return resolved(record, rates)
`;
