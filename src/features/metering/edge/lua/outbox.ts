import { FLAGS } from "./common";

/**
 * Reads the head of a partition's outbox, and which Redis this is.
 *
 * KEYS 1 outbox
 * ARGV 1 how many events at most
 * Returns {run id, [[stream id, [field, value, …]], …]}. The run id changes whenever the server starts; it is '' where
 * the host does not tell it.
 */
export const READ_OUTBOX = `${FLAGS}
local info = redis.pcall('INFO', 'server')
local run = type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''
return {run, redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', ARGV[1])}
`;
