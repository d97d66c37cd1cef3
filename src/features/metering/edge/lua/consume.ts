import { APP, admission, BOOKS, CLOCK, COUNT, door, FLAGS, FULL, LIFETIME_MS } from "./common";

/**
 * One use of an app: every check, the debit and the event, in one step.
 *
 * KEYS
 *  1 key record   hash: v, gen, r (status|expires|key id|may consume|rate limit|burst), org (origins), app (apps, * for all)
 *  2 account      hash: e (epoch), s (seq), b (balance), g (grants), gen, u (unlimited), cl, cb (rate limit, burst), rc,
 *                 <key id> (rate buckets), app:<catalog id>, and where \`f\` is there: ret (retired), x (when something
 *                 falls due), cap (spend caps), lk (look-ups until); beside them gid:<intent>, end:<grant>, h:<reservation>
 *  3 catalogue    hash: gen, app:<catalog id or slug> = id|price|status|variable
 *  4 operation    string: what this idempotency key has already led to; its name ends in the key's hash
 *  5 outbox       stream
 *  6 due          sorted set: accounts by when something of theirs falls due
 *  7 holds        sorted set: the account's reservations by when they release themselves
 *
 * ARGV
 *  1 to 5         as the door says (common.ts): deadline, where from, app, looked up, backlog
 *  6 operation id made by the caller before its first attempt; becomes the usage id
 *  7 amount       digits, '' for the app's price
 *  8 request hash of everything in the request that is not app or amount
 *  9 details      JSON for token_usage, for the event
 *
 * Returns {code, now, rates, …} as strings, code being
 *  ok                record: 1|request hash|app|price|amount|operation id|balance|unlimited|created; of an earlier call
 *                    where its operation id is not this one's
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
export const CONSUME = `${FLAGS}${CLOCK}${door()}
local saved = call('GET', KEYS[4])
if saved then
  local request, was_app, was_price, amount = string.match(saved, '^1|([^|]*)|([^|]*)|(%d+)|(%d+)|')
  local asked = ARGV[7]
  if asked == '' then asked = was_price end
  if request ~= ARGV[8] or was_app ~= (app or ARGV[3]) or asked ~= amount then
    return {'idempotency_key_reused', at, ''}
  end
  return {'ok', at, '', saved}
end
${BOOKS}${admission()}${APP}
local amount = ARGV[7]
if amount == '' then
  amount = price
elseif not string.match(amount, '^[1-9]%d*$') or #amount > 15 or
  (amount ~= price and (not secret or variable ~= '1')) then
  ${COUNT}
  return {'amount_not_allowed', at, rates}
end
local cost = tonumber(amount)
local unlimited = account[6] == '1'

-- Unless something is due, every grant holds and their sum is the balance.
local available, list, released = balance, nil, nil
local B = (due or caps) and books()
if due then
  list = B.unpack(account[4])
  released = B.release(list)
  available = B.total(list)
end
if caps then
  local scope, period, limit = B.cap_reached(app, cost)
  if scope then
    ${COUNT}
    return {'spend_cap_reached', at, rates, scope, period, limit}
  end
end
if not unlimited and available < cost then
  ${COUNT}
  return {'insufficient_tokens', at, rates, amount, text(available)}
end

local packed, parts, delta = account[4], '', '0'
if due then list = B.commit(released, list) end
if not unlimited then
  delta = '-' .. amount
  local id, rest, left, expires, after
  if not due then id, rest, left, expires, after = string.match(packed, '^([^,;]+)(,[^,;]+,)(%d+)(,%d+;)()') end
  if id and tonumber(left) > cost then
    -- The usual case: the first grant covers it, and stays.
    parts = id .. ',' .. delta .. ';'
    packed = id .. rest .. (left - cost < 1e14 and left - cost or text(left - cost)) .. expires .. string.sub(packed, after)
  else
    B = B or books()
    list = list or B.unpack(packed)
    local taken, short = B.burn(list, cost)
    -- What the grants do not hold is not given, whatever the balance says: that state is not to be acted on.
    if short > 0 then return {'missing_account', at, rates} end
    parts = B.parts(taken, -1)
    packed = B.pack(list)
  end
  balance = balance - cost
end
seq = seq + 1
local balance_text = balance < 1e14 and balance or text(balance)
local record = '1|' .. ARGV[8] .. '|' .. app .. '|' .. price .. '|' .. amount .. '|' .. ARGV[6] .. '|' .. balance_text .. '|' ..
  account[6] .. '|' .. at
call('XADD', OUTBOX, '*', 'u', NAME .. '|' .. epoch .. '|' .. seq .. '|' .. delta .. '|' .. parts .. '|' ..
  key_id .. '|' .. string.sub(KEYS[4], -22) .. '|' .. record .. '|' .. ARGV[9])
call('HSET', ACCOUNT, 's', seq, 'b', balance_text, 'g', packed, key_id, key_full, 'rc', account_full)
if caps then
  B.spend(app, cost, now)
  call('HSET', ACCOUNT, 'cap', caps)
end
if due then B.save(list) end
call('SET', KEYS[4], record, 'PX', ${LIFETIME_MS})
${FULL}
return {'ok', at, rates, record}
`;

/**
 * The door alone: whether the caller may consume, for a request that has nothing which could be. Keys and arguments as in
 * consume; writes nothing and counts nothing.
 */
export const KNOCK = `${FLAGS}${CLOCK}${door()}return {'ok', at, ''}`;
