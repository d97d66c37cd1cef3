import { BOOKS, CLOCK, FLAGS } from "./common";

/**
 * Does what is due on one account that nobody has touched: releases reservations and writes off grants.
 *
 * KEYS 1 account hash · 2 outbox · 3 due · 4 holds
 * ARGV 1 account name
 * Returns {code, now}: `ok` | `missing_account` (taken off the due set; the hydrate puts it back)
 */
export const SWEEP = `${FLAGS}${CLOCK}
local ACCOUNT, OUTBOX, DUE, HOLDS, NAME = KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[1]
${BOOKS}
local account = call('HMGET', ACCOUNT, 'e', 's', 'b', 'g', 'ret', 'cap')
if not account[1] or account[5] then
  call('ZREM', DUE, NAME)
  return {'missing_account', at}
end
epoch, seq, balance, caps = account[1], tonumber(account[2]), tonumber(account[3]), account[6]
local B = books()
B.save(B.sweep(account[4]))
return {'ok', at}
`;
