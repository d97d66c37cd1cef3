import { CLOCK, FLAGS, GRANTS, TEXT } from "./common";

/**
 * Applies one grant intent to an account, once.
 *
 * KEYS 1 account hash · 2 outbox · 3 due
 * ARGV 1 epoch the caller believes in · 2 grant id · 3 source · 4 tokens · 5 expires (Redis ms, 0 never) · 6 account name
 *      7 deadline (Redis ms)
 * Returns {code, now, balance}: `ok` | `applied` (this grant has been applied in this epoch; nothing was done) |
 *      `late` | `missing_account` | `other_epoch` | `too_much` (the balance would pass 2^53 - 1)
 *
 * Rules: the grant id stays in the hash (field `gid:<id>`) until its entry is in the ledger, spent or not, so that a
 * retry around a drain that stands still cannot apply it twice. The grant is placed by burn order: soonest expiry
 * first and never last, a plan's first on a tie, then the oldest.
 */
export const GRANT = `${FLAGS}${CLOCK}${TEXT}${GRANTS}
local at = text(now)
if now > tonumber(ARGV[7]) then return {'late', at, ''} end
local account = redis.call('HMGET', KEYS[1], 'e', 's', 'b', 'g', 'ret', 'gid:' .. ARGV[2])
if not account[1] or account[5] then return {'missing_account', at, ''} end
if account[1] ~= ARGV[1] then return {'other_epoch', at, ''} end
if account[6] then return {'applied', at, account[3]} end
if not string.match(ARGV[4], '^[1-9]%d*$') or #ARGV[4] > 15 then return {'too_much', at, ''} end
local tokens = tonumber(ARGV[4])
if tonumber(account[3]) + tokens > 9007199254740991 then return {'too_much', at, ''} end

local live, expired = split(account[4])
local seq, balance = sweep(KEYS[2], ARGV[6], account[1], expired, tonumber(account[2]), tonumber(account[3]))
seq = seq + 1
balance = balance + tokens
redis.call('XADD', KEYS[2], '*', 'a', ARGV[6], 'e', account[1], 's', text(seq), 'o', 'grant:' .. ARGV[2], 'k', 'grant',
  't', ARGV[4], 'd', ARGV[4], 'b', text(balance), 'g', ARGV[2] .. ',' .. ARGV[4] .. ';', 'r', ARGV[2], 'x', ARGV[5],
  'n', at)
local function before(a, b)
  local x, y = tonumber(a[4]), tonumber(b[4])
  if x == 0 then x = math.huge end
  if y == 0 then y = math.huge end
  if x ~= y then return x < y end
  return a[2] == 'plan' and b[2] ~= 'plan'
end
local added = {ARGV[2], ARGV[3], tokens, ARGV[5]}
local place = #live + 1
while place > 1 and before(added, live[place - 1]) do place = place - 1 end
table.insert(live, place, added)
redis.call('HSET', KEYS[1], 's', text(seq), 'b', text(balance), 'g', pack(live), 'gid:' .. ARGV[2], '1')
mark_due(KEYS[3], ARGV[6], live)
return {'ok', at, text(balance)}
`;
