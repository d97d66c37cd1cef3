import { APP, admission, BOOKS, CLOCK, COUNT, door, FLAGS, FULL, LIFETIME_MS, SECRET_ONLY } from "./common";

/**
 * Sets tokens aside for a use whose amount is not known yet. They leave the balance now; settle, release or the
 * reservation's own expiry resolve it, once.
 *
 * KEYS 1 to 7 as in consume
 * ARGV
 *  1 to 5 as the door says
 *  6 operation id made by the caller before its first attempt; becomes the reservation's id
 *  7 tokens to reserve, digits
 *  8 request hash of everything in the request that is not the app
 *  9 lifetime of the reservation, ms
 *
 * Returns {code, now, rates, …}; `ok` with the record h1|request hash|app|tokens|reservation|balance|unlimited|expires, of
 * an earlier call where the reservation is not this one's operation id; else as consume.
 *
 * The record remembers which grants gave what and when each of them ends: only that comes back, however plan and grants
 * change under the hold. On an unlimited plan it gives nothing and gets nothing back.
 */
export const HOLD = `${FLAGS}${CLOCK}${door(SECRET_ONLY)}
local saved = call('GET', KEYS[4])
if saved then
  local request, was_app = string.match(saved, '^h1|([^|]*)|([^|]*)|')
  if request ~= ARGV[8] or was_app ~= (app or ARGV[3]) then return {'idempotency_key_reused', at, ''} end
  return {'ok', at, '', saved}
end
${BOOKS}${admission()}${APP}
if not string.match(ARGV[7], '^[1-9]%d*$') or #ARGV[7] > 15 then
  ${COUNT}
  return {'amount_not_allowed', at, rates}
end
local cost = tonumber(ARGV[7])
local unlimited = account[6] == '1'
local B = books()
local list = B.unpack(account[4])
local released = B.release(list)
local available = B.total(list)
if caps then
  local scope, period, limit = B.cap_reached(app, cost)
  if scope then
    ${COUNT}
    return {'spend_cap_reached', at, rates, scope, period, limit}
  end
end
if not unlimited and available < cost then
  ${COUNT}
  return {'insufficient_tokens', at, rates, ARGV[7], text(available)}
end

list = B.commit(released, list)
local taken = {}
if not unlimited then taken = B.burn(list, cost) end
local expires = text(now + tonumber(ARGV[9]))
B.emit('hold', ARGV[6], cost, unlimited and 0 or -cost, B.parts(taken, -1), 'v', ARGV[6], 'p', app, 'c', price, 'x', expires,
  'y', key_id, 'i', string.sub(KEYS[4], -22), 'h', ARGV[8])
local parts = {}
for _, grant in ipairs(taken) do
  parts[#parts + 1] = grant[1] .. ',' .. grant[2] .. ',' .. text(grant[3]) .. ',' .. grant[4] .. ';'
end
if caps then B.spend(app, cost, now) end
call('HSET', ACCOUNT, 'h:' .. ARGV[6], app .. '|' .. ARGV[7] .. '|' .. expires .. '|' .. at .. '|' .. table.concat(parts),
  key_id, key_full, 'rc', account_full)
call('ZADD', HOLDS, expires, ARGV[6])
B.save(list)
local record = 'h1|' .. ARGV[8] .. '|' .. app .. '|' .. ARGV[7] .. '|' .. ARGV[6] .. '|' .. text(balance) .. '|' ..
  account[6] .. '|' .. expires
call('SET', KEYS[4], record, 'PX', ${LIFETIME_MS})
${FULL}
return {'ok', at, rates, record}
`;
