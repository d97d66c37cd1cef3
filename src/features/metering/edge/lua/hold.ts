import { APP, admission, BOOKS, CLOCK, door, FLAGS, SECRET_ONLY } from "./common";

/**
 * Sets tokens aside for a use whose amount is not known yet. They leave the balance now; settle, release or the
 * reservation's own expiry resolve it, once.
 *
 * KEYS 1 to 7 as in consume
 * ARGV
 *  1 to 7 as the door says
 *  8 operation id made by the caller before its first attempt; becomes the reservation's id
 *  9 tokens to reserve, digits
 * 10 request hash of everything in the request that is not the app
 * 11 idem hash    for the event
 * 12 lifetime of the reservation, ms
 * 13 lifetime of the operation record, ms
 *
 * Returns {code, now, rates, …}; \`ok\` with app, tokens, balance, unlimited, expires, reservation, replayed; else as consume.
 *
 * The record remembers which grants gave what and when each of them ends: only that comes back, however plan and grants
 * change under the hold. On an unlimited plan it gives nothing and gets nothing back.
 */
export const HOLD = `${FLAGS}${CLOCK}${door(SECRET_ONLY)}${BOOKS}
local saved = redis.call('GET', KEYS[4])
if saved then
  local request, was_app, tokens, reservation, was_balance, unlimited, expires =
    string.match(saved, '^h1|([^|]*)|([^|]*)|(%d+)|([^|]*)|(%d+)|([01])|(%d+)$')
  if request ~= ARGV[10] or was_app ~= (app or ARGV[4]) then return {'idempotency_key_reused', at, ''} end
  local replayed = reservation == ARGV[8] and '0' or '1'
  return {'ok', at, '', was_app, tokens, was_balance, unlimited, expires, reservation, replayed}
end
${admission()}${APP}
if not string.match(ARGV[9], '^[1-9]%d*$') or #ARGV[9] > 15 then
  count()
  return {'amount_not_allowed', at, rates}
end
local cost = tonumber(ARGV[9])
local unlimited = account[6] == '1'
local B = books()
local list = B.unpack(account[4])
local released = B.release(list)
local available = B.total(list)
if caps then
  local scope, period, limit = cap_reached(app, cost)
  if scope then
    count()
    return {'spend_cap_reached', at, rates, scope, period, limit}
  end
end
if not unlimited and available < cost then
  count()
  return {'insufficient_tokens', at, rates, ARGV[9], text(available)}
end

list = B.commit(released, list)
local taken = {}
if not unlimited then taken = B.burn(list, cost) end
local expires = text(now + tonumber(ARGV[12]))
B.emit('hold', ARGV[8], cost, unlimited and 0 or -cost, B.parts(taken, -1), 'v', ARGV[8], 'p', app, 'c', price, 'x', expires,
  'y', key[3], 'i', ARGV[11], 'h', ARGV[10])
local parts = {}
for _, grant in ipairs(taken) do
  parts[#parts + 1] = grant[1] .. ',' .. grant[2] .. ',' .. text(grant[3]) .. ',' .. grant[4] .. ';'
end
if caps then spend(app, cost, now) end
redis.call('HSET', ACCOUNT, 'h:' .. ARGV[8], app .. '|' .. ARGV[9] .. '|' .. expires .. '|' .. at .. '|' .. table.concat(parts),
  'rk:' .. key[3], key_full, 'rc', account_full)
redis.call('ZADD', HOLDS, expires, ARGV[8])
B.save(list)
local mark = account[6]
redis.call('SET', KEYS[4], 'h1|' .. ARGV[10] .. '|' .. app .. '|' .. ARGV[9] .. '|' .. ARGV[8] .. '|' .. text(balance) .. '|' ..
  mark .. '|' .. expires, 'PX', ARGV[13])
return {'ok', at, rates, app, ARGV[9], text(balance), mark, expires, ARGV[8], '0'}
`;
