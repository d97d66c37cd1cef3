/**
 * Pieces the metering scripts share. Each is Lua source; a script is its header, the pieces it needs and its body.
 */

/** Upstash takes a lock over the whole database for a script without this line; stock Redis refuses it, so the local bridge drops it. */
export const FLAGS = "#!lua flags=allow-key-locking\n";

/**
 * Redis time in milliseconds, as the number `now` and as the string `at` that may be stored; `text(n)`, plain digits for an
 * amount: Lua's own conversion turns integers of 15 digits into 9.007e+15, and so may be used below that only.
 */
export const CLOCK = `
local call = redis.call
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function text(n) return string.format('%.0f', n) end
local at = now .. ''
`;

/** UTC days since 1970 and months since year 0, by the proleptic Gregorian calendar (H. Hinnant, "days from civil" read backwards). */
export const CALENDAR = `  local function day_of(ms) return math.floor(ms / 86400000) end
  local function month_of(ms)
    local z = day_of(ms) + 719468
    local era = math.floor(z / 146097)
    local doe = z - era * 146097
    local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
    local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
    local mp = math.floor((5 * doy + 2) / 153)
    -- Years of this reckoning begin in March, and months are counted on: January is the 13th.
    return (yoe + era * 400) * 12 + mp + 3
  end
`;

/**
 * The account while a script works on it, and what is done to it. The rarely needed part comes from \`books()\`, so that a script on its
 * usual way does not pay for making it. A script that uses this has named its keys ACCOUNT, OUTBOX, DUE and HOLDS and its account
 * NAME before, and fills epoch, seq, balance and caps from the hash.
 *
 * A grant is {id, source, left, expires}; \`expires\` is text, '0' for never. A hold's record in the hash, field
 * \`h:<reservation>\`, is \`app|tokens|expires|created|parts\`, its parts \`grant,source,tokens,expires;\` each.
 * Caps are \`scope,daily,monthly,day,spent that day,month,spent that month;\` each, '-' where there is no limit.
 */
export const BOOKS = `
local epoch, seq, balance, caps

local function books()
  local B = {}

${CALENDAR}  local CAP = '([^,;]+),([%d-]+),([%d-]+),(%d+),(%d+),(%d+),(%d+);'

  -- Counts what an app spends now, or gives back of what it spent at \`when\`, against the caps.
  function B.spend(app, amount, when)
    local today, month = day_of(now), month_of(now)
    caps = string.gsub(caps, CAP, function(scope, daily, monthly, d, spent, m, spent_month)
      d, spent, m, spent_month = tonumber(d), tonumber(spent), tonumber(m), tonumber(spent_month)
      -- Only forward: a clock that is set back must not make a day's spending forgotten.
      if today > d then d, spent = today, 0 end
      if month > m then m, spent_month = month, 0 end
      if scope == '*' or scope == app then
        if amount > 0 or day_of(when) == d then spent = math.max(0, spent + amount) end
        if amount > 0 or month_of(when) == m then spent_month = math.max(0, spent_month + amount) end
      end
      return scope .. ',' .. daily .. ',' .. monthly .. ',' .. text(d) .. ',' .. text(spent) .. ',' .. text(m) .. ',' ..
        text(spent_month) .. ';'
    end)
  end

  -- The first cap that an amount would pass: scope, period, limit.
  function B.cap_reached(app, amount)
    local today, month = day_of(now), month_of(now)
    for scope, daily, monthly, d, spent, m, spent_month in string.gmatch(caps, CAP) do
      if scope == '*' or scope == app then
        if today > tonumber(d) then spent = '0' end
        if month > tonumber(m) then spent_month = '0' end
        if daily ~= '-' and tonumber(spent) + amount > tonumber(daily) then return scope, 'day', daily end
        if monthly ~= '-' and tonumber(spent_month) + amount > tonumber(monthly) then return scope, 'month', monthly end
      end
    end
  end

  local function over(grant) return grant[4] ~= '0' and tonumber(grant[4]) <= now end

  -- Burn order: soonest expiry first and never last, a plan's first on a tie, then the oldest (ids count up in time).
  local function before(a, b)
    local x, y = tonumber(a[4]), tonumber(b[4])
    if x == 0 then x = math.huge end
    if y == 0 then y = math.huge end
    if x ~= y then return x < y end
    local p, q = a[2] == 'plan', b[2] == 'plan'
    if p ~= q then return p end
    return a[1] < b[1]
  end

  function B.unpack(packed)
    local list = {}
    for id, source, left, expires in string.gmatch(packed or '', '([^,;]+),([^,;]+),(%d+),(%d+);') do
      list[#list + 1] = {id, source, tonumber(left), expires}
    end
    return list
  end

  function B.pack(list)
    local out = {}
    for _, grant in ipairs(list) do
      if grant[3] > 0 then
        out[#out + 1] = grant[1] .. ',' .. grant[2] .. ',' .. text(grant[3]) .. ',' .. grant[4] .. ';'
      end
    end
    return table.concat(out)
  end

  -- Puts tokens into a grant, at its place if it is not there any more.
  function B.give(list, grant)
    for _, there in ipairs(list) do
      if there[1] == grant[1] then
        there[3] = there[3] + grant[3]
        return
      end
    end
    local place = #list + 1
    while place > 1 and before(grant, list[place - 1]) do place = place - 1 end
    table.insert(list, place, {grant[1], grant[2], grant[3], grant[4]})
  end

  -- Takes tokens in burn order: what each grant gave, and how much none could.
  function B.burn(list, amount)
    local taken = {}
    for _, grant in ipairs(list) do
      if amount == 0 then break end
      local burnt = math.min(grant[3], amount)
      if burnt > 0 then
        grant[3] = grant[3] - burnt
        amount = amount - burnt
        taken[#taken + 1] = {grant[1], grant[2], burnt, grant[4]}
      end
    end
    return taken, amount
  end

  -- Parts of an entry: \`grant,delta;\` each.
  function B.parts(moved, sign)
    local out = {}
    for _, grant in ipairs(moved) do out[#out + 1] = grant[1] .. ',' .. text(sign * grant[3]) .. ';' end
    return table.concat(out)
  end

  function B.total(list)
    local sum = 0
    for _, grant in ipairs(list) do
      if not over(grant) then sum = sum + grant[3] end
    end
    return sum
  end

  -- What a hold gives back where \`consumed\` of it was used: first in, first used.
  function B.back(parts, consumed)
    local back, sum = {}, 0
    for id, source, held, expires in string.gmatch(parts, '([^,;]+),([^,;]+),(%d+),(%d+);') do
      local used = math.min(tonumber(held), consumed)
      consumed = consumed - used
      if tonumber(held) > used then
        back[#back + 1] = {id, source, tonumber(held) - used, expires}
        sum = sum + tonumber(held) - used
      end
    end
    return back, sum
  end

  -- One entry into the outbox. The outbox is the first thing of value that a script writes: a store that refuses it has
  -- changed nothing.
  function B.emit(kind, operation, tokens, delta, parts, ...)
    seq = seq + 1
    balance = balance + delta
    call('XADD', OUTBOX, '*', 'a', NAME, 'e', epoch, 's', text(seq), 'o', operation, 'k', kind, 't', text(tokens),
      'd', text(delta), 'b', text(balance), 'g', parts, 'n', at, ...)
  end

  -- Holds whose time is over, at most 50 a script, their tokens already put back into the list. Writes nothing. One that is
  -- being resolved by its own call is left to it.
  function B.release(list, resolving)
    local released = {}
    for _, id in ipairs(call('ZRANGEBYSCORE', HOLDS, '-inf', at, 'LIMIT', 0, 50)) do
      local record = id ~= resolving and call('HGET', ACCOUNT, 'h:' .. id)
      local app, tokens, created, parts = string.match(record or '', '^([^|]+)|(%d+)|%d+|(%d+)|(.*)$')
      local back, sum = {}, 0
      if app then
        back, sum = B.back(parts, 0)
        for _, grant in ipairs(back) do B.give(list, grant) end
        if caps then B.spend(app, -tonumber(tokens), tonumber(created)) end
      end
      if id ~= resolving then released[#released + 1] = {id, app, tokens, back, sum} end
    end
    return released
  end

  function B.forget_hold(id)
    call('HDEL', ACCOUNT, 'h:' .. id)
    call('ZREM', HOLDS, id)
  end

  -- Writes what is due: holds released, then grants written off whose time is over. Gives back the grants that hold.
  function B.commit(released, list)
    for _, hold in ipairs(released) do
      if hold[2] then
        B.emit('release', 'release:' .. hold[1], tonumber(hold[3]), hold[5], B.parts(hold[4], 1), 'v', hold[1], 'p', hold[2])
      end
      B.forget_hold(hold[1])
    end
    local live = {}
    for _, grant in ipairs(list) do
      if over(grant) then
        if grant[3] > 0 then
          B.emit('expiry', 'expiry:' .. grant[1] .. ':' .. epoch .. ':' .. text(seq + 1), grant[3], -grant[3],
            B.parts({grant}, -1), 'r', grant[1], 'x', grant[4])
        end
      else
        live[#live + 1] = grant
      end
    end
    return live
  end

  -- Everything that is due, at once.
  function B.sweep(packed)
    local list = B.unpack(packed)
    return B.commit(B.release(list), list)
  end

  -- Stores the account, and when something of it falls due next.
  function B.save(list)
    call('HSET', ACCOUNT, 's', text(seq), 'b', text(balance), 'g', B.pack(list))
    if caps then call('HSET', ACCOUNT, 'cap', caps) end
    local hold = call('ZRANGE', HOLDS, 0, 0, 'WITHSCORES')
    local soonest = hold[2] and tonumber(hold[2])
    for _, grant in ipairs(list) do
      local expires = tonumber(grant[4])
      if expires ~= 0 and grant[3] > 0 and (not soonest or expires < soonest) then soonest = expires end
    end
    if soonest then
      call('HSET', ACCOUNT, 'x', text(soonest), 'f', '1')
      call('ZADD', DUE, text(soonest), NAME)
    else
      call('HDEL', ACCOUNT, 'x')
      call('ZREM', DUE, NAME)
    end
  end

  return B
end
`;

/**
 * The door of every script that a caller's request runs: deadline, catalogue, key, origin or browser, scope.
 *
 * KEYS 1 key record · 2 account · 3 catalogue · 4 operation · 5 outbox · 6 due · 7 holds
 * ARGV 1 deadline (Redis ms) · 2 where from: for a pk, 'p' and the Origin header where there is a well-formed one; for an
 *      sk, 's', or 'sb' where a browser sent it (the kind stands in the key's text, which its HMAC has vouched for)
 *      3 app, '' where none is named · 4 '1' where the operation has been looked up in Postgres and is not there
 *      5 how many events the outbox may hold · 6 operation id · 7… as each says
 * \`only\` is what a script asks of the kind of key beside that. Leaves secret, key_id, key_limit, key_burst, the
 * generation, and app, price, status, variable of a known app.
 */
export const door = (only = ""): string => `
if now > tonumber(ARGV[1]) then return {'late', at, ''} end
local ACCOUNT, OUTBOX, DUE, HOLDS = KEYS[2], KEYS[5], KEYS[6], KEYS[7]
-- The account's name ends its key: a uuid, a colon, and 'live' or 'test'.
local NAME = string.sub(ACCOUNT, -41)
local catalog = call('HMGET', KEYS[3], 'gen', 'app:' .. ARGV[3], 'full')
local generation = catalog[1]
if not generation then return {'missing_catalog', at, ''} end
local key = call('HMGET', KEYS[1], 'gen', 'r', 'app')
if not key[2] or key[1] ~= generation then return {'missing_key', at, ''} end
local key_status, key_expires, key_id, may_consume, key_limit, key_burst =
  string.match(key[2], '^(%l+)|(%d+)|([^|]*)|([01])|(%d+)|(%d+)$')
if key_status ~= 'active' or (key_expires ~= '0' and tonumber(key_expires) <= now) then
  return {'invalid_api_key', at, ''}
end
local secret = string.byte(ARGV[2]) == 115
${only}if secret then
  if ARGV[2] ~= 's' then return {'secret_key_in_browser', at, ''} end
  if may_consume ~= '1' then return {'insufficient_scope', at, ''} end
else
  local origins = call('HGET', KEYS[1], 'org')
  if #ARGV[2] == 1 or not string.find(origins, '\\n' .. string.sub(ARGV[2], 2) .. '\\n', 1, true) then
    return {'origin_not_allowed', at, ''}
  end
end
local app, price, status, variable
if catalog[2] then app, price, status, variable = string.match(catalog[2], '^([^|]+)|(%d+)|(%l+)|([01])$') end
`;

/** How long an operation's result is kept, ms: the contract's 24 hours and one for clocks and retries at the edge of it. */
export const LIFETIME_MS = 90_000_000;

/**
 * Marks the partition as full where its outbox is, so that every script refuses; asked at one entry in eight, because the
 * question costs as much as a check of the key. Who finds the mark asks again, and takes it away.
 */
export const FULL =
  "if seq % 8 == 0 and call('XLEN', OUTBOX) >= tonumber(ARGV[5]) then call('HSET', KEYS[3], 'full', '1') end";

/** Stores both buckets where the answer is a refusal that comes after them. */
export const COUNT = "call('HSET', ACCOUNT, key_id, key_full, 'rc', account_full)";

/** For what a page may not do. */
export const SECRET_ONLY = "if not secret then return {'forbidden', at, ''} end\n";

/** For a day after an account may have forgotten operations, one that is not seen must have been looked up. */
const UNSEEN = "  if rare[4] and ARGV[4] ~= '1' and tonumber(rare[4]) > now then return {'unseen', at, ''} end\n";

/**
 * After the operation's record was found absent: the account in force, an outbox that has room, and both rate buckets.
 * \`more\` names further fields of the account to read. Leaves account = {e, s, b, g, gen, u, cl, cb, f, rc, app:<id>,
 * <key id>, …}, \`due\` (when something of it falls due, or false), and \`rates\`: \`limit,burst,full at;\` of key and
 * account. What few accounts have stands behind one field, \`f\`: ret (retired), x, cap, lk.
 *
 * A bucket is one number, the ms at which it is full again. It starts full and refills evenly: a request moves that time
 * on by 'every' ms, and is refused where that would leave it more than 'burst' requests ahead.
 */
export const admission = (more = "", unseen = UNSEEN): string => `
local account = call('HMGET', ACCOUNT, 'e', 's', 'b', 'g', 'gen', 'u', 'cl', 'cb', 'f', 'rc', 'app:' .. (app or ''),
  key_id${more})
if not account[1] or account[5] ~= generation then return {'missing_account', at, ''} end
local due = false
if account[9] then
  local rare = call('HMGET', ACCOUNT, 'ret', 'x', 'cap', 'lk')
  if rare[1] then return {'missing_account', at, ''} end
${unseen}  due = rare[2] and tonumber(rare[2]) <= now
  caps = rare[3]
end
if catalog[3] then
  if call('XLEN', OUTBOX) >= tonumber(ARGV[5]) then return {'backlog', at, ''} end
  call('HDEL', KEYS[3], 'full')
end

local function take(full, limit, burst)
  local every = 3600000 / limit
  full = tonumber(full or 0)
  if full < now then full = now end
  local over = full + every - now - burst * every
  if over > 0.001 then return false, string.format('%.3f', full), text(math.ceil(over / 1000)) end
  return true, string.format('%.3f', full + every)
end
local passed, key_full, wait = take(account[12], key_limit, key_burst)
local rates = key_limit .. ',' .. key_burst .. ',' .. key_full .. ';'
if not passed then return {'rate_limited', at, rates, wait, 'key'} end
local account_full
passed, account_full, wait = take(account[10], account[7], account[8])
rates = rates .. account[7] .. ',' .. account[8] .. ',' .. account_full .. ';'
if not passed then
  ${COUNT}
  return {'rate_limited', at, rates, wait, 'customer'}
end
epoch, seq, balance = account[1], tonumber(account[2]), tonumber(account[3])
`;

/** The app is known, covered by the key, active. Uses what door and admission left. */
export const APP = `
local refused
if not app then
  refused = 'app_not_found'
elseif key[3] ~= '*' and not string.find(key[3], '\\n' .. app .. '\\n', 1, true) then
  refused = 'app_not_permitted'
elseif account[11] ~= '1' or status == 'disabled' then
  refused = 'app_not_active'
end
if refused then
  ${COUNT}
  return {refused, at, rates}
end
`;
