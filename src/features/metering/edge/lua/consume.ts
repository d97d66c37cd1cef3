import { APP, admission, BOOKS, CLOCK, door, FLAGS } from "./common";

/**
 * One use of an app: every check, the debit and the event, in one step.
 *
 * KEYS
 *  1 key record   hash: v, gen, st (active|revoked|none), exp, id, org, scp, app, rl, rb
 *  2 account      hash: e (epoch), s (seq), b (balance), g (grants), gen, u (unlimited), cl, cb (rate limit, burst), ret
 *                 (retired), x (when something falls due), cap (spend caps), lk (look-ups until), rc, rk:<key id> (rate
 *                 buckets), app:<catalog id>, gid:<intent>, end:<grant>, h:<reservation>
 *  3 catalogue    hash: gen, app:<catalog id or slug> = id|price|status|variable
 *  4 operation    string: what this idempotency key has already led to
 *  5 outbox       stream
 *  6 due          sorted set: accounts by when something of theirs falls due
 *  7 holds        sorted set: the account's reservations by when they release themselves
 *
 * ARGV
 *  1 to 7         as the door says (common.ts): deadline, kind, origin or browser, app, account name, looked up, backlog
 *  8 operation id made by the caller before its first attempt; becomes the usage id
 *  9 amount       digits, '' for the app's price
 * 10 request hash of everything in the request that is not app or amount
 * 11 idem hash    for the event
 * 12 details      JSON for token_usage, for the event
 * 13 lifetime     of the operation record, ms
 *
 * Returns {code, now, rates, …} as strings, code being
 *  ok                app, amount, balance, unlimited, created, operation, replayed
 *  late | missing_key | missing_catalog | missing_account | unseen   state is unknown: nothing was done
 *  backlog           the outbox is as long as it may be: nothing was done
 *  rate_limited      seconds to wait, key|customer
 *  insufficient_tokens  required, available
 *  spend_cap_reached scope (catalog id or *), day|month, limit
 *  or any other refusal of the contract, without more.
 * \`rates\` is 'limit,burst,full at;limit,burst,full at;' for key and customer, '' before they are counted.
 *
 * Rules, in order; the first that applies answers
 *  - past the deadline nothing happens, so a call that was given up cannot act later
 *  - a catalogue that is absent is unknown; so is a key record that is absent or of another generation of the partition,
 *    because a Redis that was started anew may have forgotten a revocation. Then status, expiry, origin or browser, scope
 *  - an operation seen before answers what it answered then, and costs no rate; with another request it is refused.
 *    A price named and a price left out are the same request, measured by the price of the first call
 *  - an account that is absent, retired or of another generation is unknown; for a day after it may have forgotten
 *    operations, one that is not seen must have been looked up
 *  - an outbox without room refuses before memory runs out
 *  - rate of key, then of account: both are counted, also when a later check refuses
 *  - app known, covered by the key, active, amount allowed, caps, balance (only grants whose time is not over)
 *  - only then the first write of value: what is due is released and written off, the grants burn in their order, the
 *    sequence advances, the event goes into the outbox and the result under the operation
 */
export const CONSUME = `${FLAGS}${CLOCK}${door()}${BOOKS}
local saved = redis.call('GET', KEYS[4])
if saved then
  local request, was_app, was_price, amount, operation, was_balance, unlimited, created =
    string.match(saved, '^1|([^|]*)|([^|]*)|(%d+)|(%d+)|([^|]*)|(%d+)|([01])|(%d+)$')
  local asked = ARGV[9]
  if asked == '' then asked = was_price end
  if request ~= ARGV[10] or was_app ~= (app or ARGV[4]) or asked ~= amount then
    return {'idempotency_key_reused', at, ''}
  end
  local replayed = operation == ARGV[8] and '0' or '1'
  return {'ok', at, '', was_app, amount, was_balance, unlimited, created, operation, replayed}
end
${admission()}${APP}
local amount = ARGV[9]
if amount == '' then
  amount = price
elseif not string.match(amount, '^[1-9]%d*$') or #amount > 15 or
  (amount ~= price and (ARGV[2] == 'pk' or variable ~= '1')) then
  count()
  return {'amount_not_allowed', at, rates}
end
local cost = tonumber(amount)
local unlimited = account[6] == '1'

-- Unless something is due, every grant holds and their sum is the balance.
local available, list, released, B = balance, nil, nil, nil
if account[10] and tonumber(account[10]) <= now then
  B = books()
  list = B.unpack(account[4])
  released = B.release(list)
  available = B.total(list)
end
if caps then
  local scope, period, limit = cap_reached(app, cost)
  if scope then
    count()
    return {'spend_cap_reached', at, rates, scope, period, limit}
  end
end
if not unlimited and available < cost then
  count()
  return {'insufficient_tokens', at, rates, amount, text(available)}
end

local packed, parts, delta = account[4], '', '0'
if released then list = B.commit(released, list) end
if not unlimited then
  delta = '-' .. amount
  local id, source, left, expires, rest
  if not list then id, source, left, expires, rest = string.match(packed, '^([^,;]+),([^,;]+),(%d+),(%d+);()') end
  if id and tonumber(left) > cost then
    -- The usual case: the first grant covers it, and stays.
    parts = id .. ',' .. delta .. ';'
    packed = id .. ',' .. source .. ',' .. text(tonumber(left) - cost) .. ',' .. expires .. ';' .. string.sub(packed, rest)
  else
    B = B or books()
    list = list or B.unpack(packed)
    local taken, short = B.burn(list, cost)
    if short > 0 then return {'missing_account', at, rates} end
    parts = B.parts(taken, -1)
    packed = B.pack(list)
  end
  balance = balance - cost
end
seq = seq + 1
local seq_text, balance_text, mark = text(seq), text(balance), account[6]
redis.call('XADD', OUTBOX, '*', 'a', NAME, 'e', epoch, 's', seq_text, 'o', ARGV[8], 'k', 'usage', 't', amount, 'd', delta,
  'b', balance_text, 'g', parts, 'p', app, 'c', price, 'n', at, 'y', key[3], 'i', ARGV[11], 'h', ARGV[10], 'm', ARGV[12])
if caps then
  spend(app, cost, now)
  redis.call('HSET', ACCOUNT, 'cap', caps)
end
redis.call('HSET', ACCOUNT, 's', seq_text, 'b', balance_text, 'g', packed, 'rk:' .. key[3], key_full, 'rc', account_full)
if released then B.save(list) end
redis.call('SET', KEYS[4], '1|' .. ARGV[10] .. '|' .. app .. '|' .. price .. '|' .. amount .. '|' .. ARGV[8] .. '|' ..
  balance_text .. '|' .. mark .. '|' .. at, 'PX', ARGV[13])
return {'ok', at, rates, app, amount, balance_text, mark, at, ARGV[8], '0'}
`;
