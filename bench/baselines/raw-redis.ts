// The store's own ceiling: EVALSHA of a script over one connection, pipelined, nothing in between. Reads what to do from
// stdin, writes a `LoadResult` to stdout.
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import type { LoadResult } from "../load";
import { encode, type Stencil, stampCommand } from "../stencil";

export interface Raw {
  readonly redisUrl: string;
  readonly script: string;
  readonly stencils: readonly Stencil[];
  /** How many calls are under way at once. */
  readonly window: number;
  readonly seconds: number;
}

const { redisUrl, script, stencils, window, seconds } = JSON.parse(await text(process.stdin)) as Raw;
const url = new URL(redisUrl);
const socket = connect(Number(url.port || 6379), url.hostname);
socket.setNoDelay(true);

let got = Buffer.alloc(0);
/** The end of the reply that begins at `at`, or -1 where it has not come whole. */
function endOf(at: number): number {
  const line = got.indexOf("\r\n", at);
  if (line < 0) return -1;
  const size = Number(got.toString("latin1", at + 1, line));
  const kind = got[at];
  if (kind === 0x24) {
    const end = size < 0 ? line + 2 : line + 2 + size + 2;
    return end <= got.length ? end : -1;
  }
  if (kind !== 0x2a) return line + 2;
  let end = line + 2;
  for (let i = 0; i < size; i++) {
    end = endOf(end);
    if (end < 0) return -1;
  }
  return end;
}

const waiting: ((reply: Buffer) => void)[] = [];
socket.on("data", (chunk) => {
  got = got.length === 0 ? Buffer.from(chunk) : Buffer.concat([got, chunk]);
  let at = 0;
  socket.cork();
  while (at < got.length) {
    const end = endOf(at);
    if (end < 0) break;
    waiting.shift()?.(got.subarray(at, end));
    at = end;
  }
  socket.uncork();
  got = got.subarray(at);
});
const ask = (words: readonly string[]): Promise<Buffer> =>
  new Promise((resolve) => {
    waiting.push(resolve);
    socket.write(encode(words));
  });

if (url.password) await ask(["AUTH", decodeURIComponent(url.password)]);
const loaded = (await ask(["SCRIPT", "LOAD", script])).toString("latin1");
const sha = loaded.split("\r\n")[1] ?? "";
const callers = stencils.map((stencil) => stampCommand(stencil, sha));

const times: number[] = [];
let errors = 0;
let turn = 0;
const begun = performance.now();
const until = begun + seconds * 1000;
await new Promise<void>((resolve) => {
  let open = window;
  const call = (): void => {
    const sent = performance.now();
    if (sent >= until) {
      if (--open === 0) resolve();
      return;
    }
    const next = callers[turn++ % callers.length];
    if (!next) return;
    waiting.push((reply) => {
      // "*10\r\n$2\r\nok"
      const ok = reply[0] === 0x2a && reply.indexOf("$2\r\nok\r\n") === reply.indexOf("\r\n") + 2;
      if (ok) times.push(performance.now() - sent);
      else errors++;
      call();
    });
    socket.write(next());
  };
  for (let i = 0; i < window; i++) call();
});
const took = (performance.now() - begun) / 1000;
socket.destroy();
const sorted = Float64Array.from(times).sort();
const percentile = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
const result: LoadResult = {
  answers: sorted.length,
  perSecond: sorted.length / took,
  p50: percentile(0.5),
  p95: percentile(0.95),
  p99: percentile(0.99),
  errors,
};
process.stdout.write(JSON.stringify(result));
