/**
 * Pieces the metering scripts share. Each is Lua source; a script is its header, the pieces it needs and its body.
 */

/** Upstash takes a lock over the whole database for a script without this line; stock Redis refuses it, so the local bridge drops it. */
export const FLAGS = "#!lua flags=allow-key-locking\n";

/** Redis time in milliseconds, as a number and as the string that may be stored. */
export const CLOCK = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
`;

/** \`text(n)\`: an integer below 2^53 in plain digits; Lua's own conversion turns large ones into 9.007e+15. */
export const TEXT = `
local function text(n) return string.format('%.0f', n) end
`;

/**
 * \`split(packed)\`: the grants of an account, those that hold and those whose time is over, with the sum of the first.
 * \`emit(…)\`: one event into the outbox. The outbox is the first thing a script writes, so that a store that refuses
 * it has changed nothing of value.
 * \`sweep(expired)\`: writes off expired grants, each as an entry of its own. Uses the script's \`seq\` and \`balance\`.
 */
export const GRANTS = `
local function split(packed)
  local live, expired, total = {}, {}, 0
  for id, source, remaining, expires in string.gmatch(packed or '', '([^,;]+),([^,;]+),(%d+),(%d+);') do
    local left, at = tonumber(remaining), tonumber(expires)
    if at ~= 0 and at <= now then
      expired[#expired + 1] = {id, left, expires}
    else
      live[#live + 1] = {id, source, left, expires}
      total = total + left
    end
  end
  return live, expired, total
end

local function pack(live)
  local out = {}
  for _, grant in ipairs(live) do
    if grant[3] > 0 then
      out[#out + 1] = grant[1] .. ',' .. grant[2] .. ',' .. text(grant[3]) .. ',' .. grant[4] .. ';'
    end
  end
  return table.concat(out)
end

local function sweep(outbox, account, epoch, expired, seq, balance)
  for _, grant in ipairs(expired) do
    if grant[2] > 0 then
      seq = seq + 1
      balance = balance - grant[2]
      redis.call('XADD', outbox, '*', 'a', account, 'e', epoch, 's', text(seq), 'o', 'expiry:' .. grant[1] .. ':' .. epoch .. ':' .. text(seq),
        'k', 'expiry', 't', text(grant[2]), 'd', text(-grant[2]), 'b', text(balance),
        'g', grant[1] .. ',' .. text(-grant[2]) .. ';', 'r', grant[1], 'x', grant[3], 'n', text(now))
    end
  end
  return seq, balance
end

local function mark_due(due, account, live)
  local soonest
  for _, grant in ipairs(live) do
    local at = tonumber(grant[4])
    if at ~= 0 and grant[3] > 0 and (not soonest or at < soonest) then soonest = at end
  end
  if soonest then redis.call('ZADD', due, text(soonest), account) else redis.call('ZREM', due, account) end
end
`;
