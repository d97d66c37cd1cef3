import { BOOKS, CLOCK, FLAGS } from "./common";

/**
 * What the five scripts below share: an intent written down in Postgres is carried out on an account, once.
 *
 * KEYS 1 account hash · 2 outbox · 3 due · 4 holds
 * ARGV 1 deadline (Redis ms) · 2 epoch the caller believes in · 3 account name · 4 intent id · 5… as each says
 * Returns {code, now, balance}: `ok` | `applied` (this intent has been carried out in this epoch; nothing was done) |
 *      `late` | `missing_account` | `other_epoch` | `refused` (it cannot be done, and never will be)
 *
 * The intent's id stays in the hash (field `gid:<id>`) until its entry is in the ledger, so that a retry around a drain
 * that stands still cannot carry it out twice.
 */
const INTENT = `
if now > tonumber(ARGV[1]) then return {'late', at, ''} end
local ACCOUNT, OUTBOX, DUE, HOLDS, NAME = KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[3]
${BOOKS}
local account = call('HMGET', ACCOUNT, 'e', 's', 'b', 'g', 'ret', 'cap', 'gid:' .. ARGV[4])
if not account[1] or account[5] then return {'missing_account', at, ''} end
if account[1] ~= ARGV[2] then return {'other_epoch', at, ''} end
if account[7] then return {'applied', at, account[3]} end
epoch, seq, balance, caps = account[1], tonumber(account[2]), tonumber(account[3]), account[6]
local B = books()
local function amount(digits) return string.match(digits, '^[1-9]%d*$') and #digits <= 15 and tonumber(digits) end
local function done(list)
  call('HSET', ACCOUNT, 'gid:' .. ARGV[4], '1')
  B.save(list)
  return {'ok', at, text(balance)}
end
`;

/**
 * Grants tokens. ARGV 5 source · 6 tokens · 7 expires (Redis ms, 0 never)
 * Refused where the balance would pass 2^53 - 1.
 */
export const GRANT = `${FLAGS}${CLOCK}${INTENT}
local tokens = amount(ARGV[6])
if not tokens or balance + tokens > 9007199254740991 then return {'too_much', at, ''} end
local list = B.sweep(account[4])
local grant = {ARGV[4], ARGV[5], tokens, ARGV[7]}
B.give(list, grant)
B.emit('grant', 'grant:' .. ARGV[4], tokens, tokens, B.parts({grant}, 1), 'r', ARGV[4], 'x', ARGV[7])
return done(list)
`;

/**
 * Gives a use back: to each grant what it gave, as far as that grant still holds; what came from a grant whose time is
 * over becomes a refund grant of 30 days.
 * ARGV 5 usage id · 6 tokens · 7 parts \`grant,source,tokens,expires;\` (none for unlimited usage) · 8 app
 *      9 when the use was (Redis ms), for the caps · 10 lifetime of a refund grant, ms
 */
export const REFUND = `${FLAGS}${CLOCK}${INTENT}
local tokens = amount(ARGV[6])
if not tokens then return {'refused', at, ''} end
local list = B.sweep(account[4])
local moved, over, sum = {}, 0, 0
for _, grant in ipairs(B.unpack(ARGV[7])) do
  sum = sum + grant[3]
  local ends = call('HGET', ACCOUNT, 'end:' .. grant[1]) or grant[4]
  if ends ~= '0' and tonumber(ends) <= now then
    over = over + grant[3]
  else
    B.give(list, grant)
    moved[#moved + 1] = grant
  end
end
local opened = {}
if over > 0 then
  local grant = {ARGV[4], 'refund', over, text(now + tonumber(ARGV[10]))}
  B.give(list, grant)
  moved[#moved + 1] = grant
  opened = {'r', ARGV[4], 'x', grant[4]}
end
B.emit('refund', 'refund:' .. ARGV[5], tokens, sum, B.parts(moved, 1), 'z', ARGV[5], 'p', ARGV[8], 'j', ARGV[4], unpack(opened))
if caps then B.spend(ARGV[8], -tokens, tonumber(ARGV[9])) end
return done(list)
`;

/**
 * Ends a grant before its time: what is left of it is written off, and what holds return to it later is too.
 * ARGV 5 grant id
 */
export const END_GRANT = `${FLAGS}${CLOCK}${INTENT}
local list = B.sweep(account[4])
local rest, left = {}, 0
for _, grant in ipairs(list) do
  if grant[1] == ARGV[5] then left = grant[3] else rest[#rest + 1] = grant end
end
call('HSET', ACCOUNT, 'end:' .. ARGV[5], at)
for _, id in ipairs(call('ZRANGE', HOLDS, 0, -1)) do
  local hold = call('HGET', ACCOUNT, 'h:' .. id)
  if hold and string.find(hold, ARGV[5], 1, true) then
    local head, parts = string.match(hold, '^(.*|)([^|]*)$')
    parts = string.gsub(parts, '([^,;]+),([^,;]+),(%d+),(%d+);', function(grant, source, tokens, expires)
      if grant == ARGV[5] then expires = at end
      return grant .. ',' .. source .. ',' .. tokens .. ',' .. expires .. ';'
    end)
    call('HSET', ACCOUNT, 'h:' .. id, head .. parts)
  end
end
B.emit('expiry', 'end:' .. ARGV[4], left, -left, left > 0 and ARGV[5] .. ',' .. text(-left) .. ';' or '', 'r', ARGV[5], 'x', at,
  'j', ARGV[4])
return done(rest)
`;

/**
 * Takes tokens out of one grant, as far as it still holds them; the grant goes on. ARGV 5 grant id · 6 tokens at most
 */
export const TAKE_FROM = `${FLAGS}${CLOCK}${INTENT}
local most = amount(ARGV[6])
if not most then return {'refused', at, ''} end
local list = B.sweep(account[4])
local taken = 0
for _, grant in ipairs(list) do
  if grant[1] == ARGV[5] then
    taken = math.min(grant[3], most)
    grant[3] = grant[3] - taken
  end
end
B.emit('expiry', 'end:' .. ARGV[4], taken, -taken, taken > 0 and ARGV[5] .. ',' .. text(-taken) .. ';' or '', 'r', ARGV[5], 'x', '0',
  'j', ARGV[4])
return done(list)
`;

/**
 * Takes tokens back, in burn order. ARGV 5 tokens
 * Refused where the balance does not cover it: nothing is ever taken below zero.
 */
export const TAKE_BACK = `${FLAGS}${CLOCK}${INTENT}
local tokens = amount(ARGV[5])
local list = B.unpack(account[4])
local released = B.release(list)
if not tokens or B.total(list) < tokens then return {'refused', at, ''} end
list = B.commit(released, list)
B.emit('adjustment', 'adjust:' .. ARGV[4], tokens, -tokens, B.parts(B.burn(list, tokens), -1), 'j', ARGV[4])
return done(list)
`;
