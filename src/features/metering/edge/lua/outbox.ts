import { FLAGS } from "./common";

/**
 * Reads the head of a partition's outbox, which Redis this is, and whether it still has the memory it had.
 *
 * KEYS 1 outbox, 2 the partition's mark
 * ARGV 1 how many events at most
 * Returns {run id, mark, Redis's time in ms, [[stream id, [field, value, …]], …]}. The run id changes whenever the server
 * starts; it is '' where the host does not tell it. The mark is '' where it is gone, and all else with it.
 */
export const READ_OUTBOX = `${FLAGS}
local info = redis.pcall('INFO', 'server')
local run = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''
local t = redis.call('TIME')
local now = t[1] .. string.format('%03d', math.floor(t[2] / 1000))
return {run, redis.call('GET', KEYS[2]) or '', now, redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', ARGV[1])}
`;
