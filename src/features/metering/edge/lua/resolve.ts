import { admission, BOOKS, CLOCK, COUNT, door, FLAGS, FULL, LIFETIME_MS, SECRET_ONLY } from "./common";

/**
 * Resolves a reservation, once: settles what was used of it and gives back the rest, or releases it whole.
 *
 * KEYS 1 to 7 as in consume, of which 4 is the reservation's resolution: what became of it
 * ARGV
 *  1 to 5 as the door says; 3 (app) is ''
 *  6 operation id made by the caller before its first attempt; becomes the usage id
 *  7 reservation id
 *  8 tokens used, digits; '0' releases
 *  9 details      JSON for token_usage, for the event
 *
 * Returns {code, now, rates, …}; `ok` with the record r1|settled or released|app|reserved|consumed|balance|unlimited|expires|
 * usage id ('' where released)|operation id, of an earlier call where that is not this one's; else as consume, or
 *  reservation_closed   it was resolved otherwise before
 *  unseen               it is not open here, and nobody has looked it up: nothing was done
 *  reservation_not_found  likewise, and it was looked up
 *  app_not_permitted    the key does not cover the reservation's app
 *  amount_not_allowed   more than was reserved
 *
 * A reservation whose time is over is released by this call, if nothing else has; then a release has what it asked for,
 * and a settle comes too late. What comes back to a grant whose time is over expires at once. Whether the answer names a
 * balance is decided by the hold, as the ledger can tell it again.
 */
export const RESOLVE = `${FLAGS}${CLOCK}${door(SECRET_ONLY)}
local function covered(app) return key[3] == '*' or string.find(key[3], '\\n' .. app .. '\\n', 1, true) end
local step = ARGV[8] == '0' and 'released' or 'settled'
local function resolved(record, rates)
  local status, app_of, consumed = string.match(record, '^r1|(%l+)|([^|]*)|%d+|(%d+)|')
  if not covered(app_of) then return {'app_not_permitted', at, rates} end
  if status ~= step or consumed ~= ARGV[8] then return {'reservation_closed', at, rates} end
  return {'ok', at, rates, record}
end
local saved = call('GET', KEYS[4])
if saved then return resolved(saved, '') end
${BOOKS}${admission(", 'h:' .. ARGV[7]", "")}
local hold = account[13]
local held_app, reserved, expires, created, parts
if hold then held_app, reserved, expires, created, parts = string.match(hold, '^([^|]+)|(%d+)|(%d+)|(%d+)|(.*)$') end
if not held_app then
  if ARGV[4] ~= '1' then return {'unseen', at, ''} end
  ${COUNT}
  return {'reservation_not_found', at, rates}
end
if not covered(held_app) then
  ${COUNT}
  return {'app_not_permitted', at, rates}
end
if not string.match(ARGV[8], '^%d+$') or #ARGV[8] > 15 or tonumber(ARGV[8]) > tonumber(reserved) then
  ${COUNT}
  return {'amount_not_allowed', at, rates}
end
local consumed = tonumber(ARGV[8])
local late = tonumber(expires) <= now
local status, used, usage = step, consumed, ARGV[6]
if late then status, used = 'released', 0 end
if status == 'released' then usage = '' end

local B = books()
local list = B.unpack(account[4])
local back, sum = B.back(parts, used)
for _, grant in ipairs(back) do B.give(list, grant) end
local released = B.release(list, ARGV[7])
-- What the answer tells is the balance once everything due is done; the entry carries it, so that the ledger can tell it
-- again.
local told = text(B.total(list))
if status == 'settled' then
  B.emit('settle', usage, used, sum, B.parts(back, 1), 'v', ARGV[7], 'p', held_app, 'w', told, 'y', key_id, 'm', ARGV[9])
else
  B.emit('release', 'release:' .. ARGV[7], tonumber(reserved), sum, B.parts(back, 1), 'v', ARGV[7], 'p', held_app, 'w', told)
end
if caps then
  B.spend(held_app, -tonumber(reserved), tonumber(created))
  if used > 0 then B.spend(held_app, used, now) end
end
B.forget_hold(ARGV[7])
call('HSET', ACCOUNT, key_id, key_full, 'rc', account_full)
list = B.commit(released, list)
B.save(list)
local unlimited = parts == '' and '1' or '0'
local record = 'r1|' .. status .. '|' .. held_app .. '|' .. reserved .. '|' .. text(used) .. '|' .. told .. '|' ..
  unlimited .. '|' .. expires .. '|' .. usage .. '|' .. ARGV[6]
call('SET', KEYS[4], record, 'PX', ${LIFETIME_MS})
${FULL}
return resolved(record, rates)
`;
