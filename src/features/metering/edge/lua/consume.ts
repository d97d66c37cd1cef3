import { CLOCK, FLAGS, GRANTS, TEXT } from "./common";

/**
 * One use of an app: every check, the debit and the event, in one step.
 *
 * KEYS
 *  1 key record   hash: gen, st (active|revoked|none), exp, id, org, scp, app, rl, rb
 *  2 account      hash: e (epoch), s (seq), b (balance), g (grants), gen, u (unlimited), cl, cb, ret, app:<catalog id>
 *  3 catalogue    hash: gen, app:<catalog id or slug> = id|price|status|variable
 *  4 key rate     string: the time, in ms, at which the bucket is full again
 *  5 account rate string: likewise
 *  6 operation    string: what this idempotency key has already led to
 *  7 outbox       stream
 *  8 due          sorted set
 *
 * ARGV
 *  1 deadline     Redis ms after which nothing is done any more
 *  2 kind         pk|sk, as the key's text says (its HMAC has vouched for it)
 *  3 origin       for a pk: the Origin header, '' where there is none; for an sk: '1' where a browser sent it, else ''
 *  4 app          catalog id or slug
 *  5 amount       digits, '' for the app's price
 *  6 operation id made by the caller before its first attempt; becomes the usage id
 *  7 request hash of everything in the request that is not app or amount
 *  8 account      name, for the event
 *  9 idem hash    for the event
 * 10 details      JSON for token_usage, for the event
 * 11 lifetime     of the operation record, ms
 *
 * Returns {code, now, rates, …} as strings, code being
 *  ok                app, amount, balance, unlimited, created, operation, replayed
 *  late | missing_key | missing_catalog | missing_account            state is unknown: nothing was done
 *  rate_limited      seconds to wait, key|customer
 *  insufficient_tokens  required, available
 *  or any other refusal of the contract, without more.
 * `rates` is 'limit,remaining,seconds;limit,remaining,seconds;' for key and customer, '' before they are counted.
 *
 * Rules, in order; the first that applies answers
 *  - past the deadline nothing happens, so a call that was given up cannot act later
 *  - a catalogue that is absent is unknown; so is a key record that is absent or of another generation of the partition,
 *    because a Redis that was started anew may have forgotten a revocation. Then status, expiry, origin or browser, scope
 *  - an operation seen before answers what it answered then, and costs no rate; with another request it is refused.
 *    A price named and a price left out are the same request, measured by the price of the first call
 *  - an account that is absent, retired or of another generation is unknown
 *  - rate of key, then of account: both are counted, also when a later check refuses
 *  - app known, covered by the key, active, amount allowed, balance (only grants whose time is not over)
 *  - only then the first write of value: what expired is written off, the grants burn in their order, the sequence
 *    advances, the event goes into the outbox and the result under the operation
 */
export const CONSUME = `${FLAGS}${CLOCK}${TEXT}${GRANTS}
local at = text(now)
if now > tonumber(ARGV[1]) then return {'late', at, ''} end

local catalog = redis.call('HMGET', KEYS[3], 'gen', 'app:' .. ARGV[4])
if not catalog[1] then return {'missing_catalog', at, ''} end
local key = redis.call('HMGET', KEYS[1], 'st', 'exp', 'id', 'org', 'scp', 'app', 'rl', 'rb', 'gen')
if not key[1] or key[9] ~= catalog[1] then return {'missing_key', at, ''} end
if key[1] ~= 'active' or (key[2] ~= '0' and tonumber(key[2]) <= now) then return {'invalid_api_key', at, ''} end
if ARGV[2] == 'pk' then
  if ARGV[3] == '' or not string.find(key[4], '\\n' .. ARGV[3] .. '\\n', 1, true) then
    return {'origin_not_allowed', at, ''}
  end
else
  if ARGV[3] ~= '' then return {'secret_key_in_browser', at, ''} end
  if not string.find(key[5], '\\ntokens:consume\\n', 1, true) then return {'insufficient_scope', at, ''} end
end

local app, price, status, variable
if catalog[2] then app, price, status, variable = string.match(catalog[2], '^([^|]+)|(%d+)|(%l+)|([01])$') end

local saved = redis.call('GET', KEYS[6])
if saved then
  local request, was_app, was_price, amount, operation, balance, unlimited, created =
    string.match(saved, '^1|([^|]*)|([^|]*)|(%d+)|(%d+)|([^|]*)|(%d+)|([01])|(%d+)$')
  local asked = ARGV[5]
  if asked == '' then asked = was_price end
  if request ~= ARGV[7] or was_app ~= (app or ARGV[4]) or asked ~= amount then
    return {'idempotency_key_reused', at, ''}
  end
  local replayed = operation == ARGV[6] and '0' or '1'
  return {'ok', at, '', was_app, amount, balance, unlimited, created, operation, replayed}
end

local account = redis.call('HMGET', KEYS[2], 'e', 's', 'b', 'g', 'gen', 'u', 'cl', 'cb', 'ret', 'app:' .. (app or ''))
if not account[1] or account[9] or account[5] ~= catalog[1] then return {'missing_account', at, ''} end

-- A bucket is one number, the time at which it is full again. It starts full and refills evenly: a request moves that
-- time on by 'every' ms, and is refused where that would leave it more than 'burst' requests ahead.
local function take(bucket, limit, burst)
  local every = 3600000 / limit
  local full = tonumber(redis.call('GET', bucket) or '0')
  if full < now then full = now end
  local after = full + every
  local over = after - now - burst * every
  if over > 0.001 then
    return false, text(limit) .. ',0,' .. text(math.ceil((full - now) / 1000)) .. ';', text(math.ceil(over / 1000))
  end
  redis.call('SET', bucket, string.format('%.3f', after), 'PX', text(math.ceil(after - now)))
  local left = math.floor((burst * every - (after - now)) / every + 0.001)
  return true, text(limit) .. ',' .. text(left) .. ',' .. text(math.ceil((after - now) / 1000)) .. ';'
end
local passed, rates, wait = take(KEYS[4], tonumber(key[7]), tonumber(key[8]))
if not passed then return {'rate_limited', at, rates, wait, 'key'} end
local passed_too, account_rates, wait_too = take(KEYS[5], tonumber(account[7]), tonumber(account[8]))
rates = rates .. account_rates
if not passed_too then return {'rate_limited', at, rates, wait_too, 'customer'} end

if not app then return {'app_not_found', at, rates} end
if key[6] ~= '*' and not string.find(key[6], '\\n' .. app .. '\\n', 1, true) then
  return {'app_not_permitted', at, rates}
end
if account[10] ~= '1' or status == 'disabled' then return {'app_not_active', at, rates} end

local amount = ARGV[5]
if amount == '' then
  amount = price
elseif not string.match(amount, '^[1-9]%d*$') or #amount > 15 then
  return {'amount_not_allowed', at, rates}
elseif amount ~= price and (ARGV[2] == 'pk' or variable ~= '1') then
  return {'amount_not_allowed', at, rates}
end
local cost = tonumber(amount)

local unlimited = account[6] == '1'
local live, expired, available = split(account[4])
if not unlimited and available < cost then
  return {'insufficient_tokens', at, rates, amount, text(available)}
end

local seq, balance = sweep(KEYS[7], ARGV[8], account[1], expired, tonumber(account[2]), tonumber(account[3]))
local parts, delta = '', '0'
if not unlimited then
  local left = cost
  for _, grant in ipairs(live) do
    if left == 0 then break end
    local burnt = math.min(grant[3], left)
    grant[3] = grant[3] - burnt
    left = left - burnt
    parts = parts .. grant[1] .. ',' .. text(-burnt) .. ';'
  end
  balance = balance - cost
  delta = text(-cost)
end
seq = seq + 1
redis.call('XADD', KEYS[7], '*', 'a', ARGV[8], 'e', account[1], 's', text(seq), 'o', ARGV[6], 'k', 'usage',
  't', amount, 'd', delta, 'b', text(balance), 'g', parts, 'p', app, 'c', price, 'n', at, 'y', key[3], 'i', ARGV[9],
  'h', ARGV[7], 'm', ARGV[10])
redis.call('HSET', KEYS[2], 's', text(seq), 'b', text(balance), 'g', pack(live))
if #expired > 0 then mark_due(KEYS[8], ARGV[8], live) end
local mark = unlimited and '1' or '0'
redis.call('SET', KEYS[6], '1|' .. ARGV[7] .. '|' .. app .. '|' .. price .. '|' .. amount .. '|' .. ARGV[6] .. '|' ..
  text(balance) .. '|' .. mark .. '|' .. at, 'PX', ARGV[11])
return {'ok', at, rates, app, amount, text(balance), mark, at, ARGV[6], '0'}
`;
