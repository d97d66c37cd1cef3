// The load of one pass, in a process of its own: reads a `Load` from stdin, writes a `LoadResult` to stdout. Bare
// sockets, because at tens of thousands of requests a second an HTTP client would be what is measured.
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import type { Load, LoadResult } from "./load";

const HEAD_END = Buffer.from("\r\n\r\n");
/** Next sends what an edge route answers in chunks; JSON has no line ends, so that the last of them cannot be mistaken. */
const LAST_CHUNK = Buffer.from("\r\n0\r\n\r\n");
const load = JSON.parse(await text(process.stdin)) as Load;
const { hostname, port, pathname, host } = new URL(load.url);
const requests = load.headers.map((headers) =>
  Buffer.from(
    `POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(load.body)}\r\n` +
      `${Object.entries(headers)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join("")}\r\n${load.body}`,
  ),
);

/** How long an answer that begins with these bytes is in all; 0 where that has not come yet. */
function lengthOf(bytes: Buffer): number {
  const end = bytes.indexOf(HEAD_END);
  if (end < 0) return 0;
  const head = bytes.toString("latin1", 0, end);
  if (/transfer-encoding: *chunked/i.test(head)) {
    const last = bytes.indexOf(LAST_CHUNK, end);
    return last < 0 ? 0 : last + LAST_CHUNK.length;
  }
  const length = /content-length: *(\d+)/i.exec(head);
  if (!length) throw new Error("An answer without a length cannot be measured");
  return end + HEAD_END.length + Number(length[1]);
}

const times: number[] = [];
let errors = 0;
let next = 0;
const begun = performance.now();
const until = begun + load.seconds * 1000;

/** One connection, which sends its next request when the last is answered. Keep-alive, nothing pipelined. */
const connection = (): Promise<void> =>
  new Promise((resolve) => {
    const socket = connect(Number(port), hostname === "localhost" ? "127.0.0.1" : hostname);
    let sent = 0;
    let got: Buffer | undefined;
    let under = false;
    const send = () => {
      if (performance.now() >= until) return socket.destroy();
      const request = requests[next++ % requests.length];
      under = true;
      sent = performance.now();
      if (request) socket.write(request);
    };
    socket.setNoDelay(true);
    socket.on("connect", send);
    socket.on("data", (chunk) => {
      const bytes = got ? Buffer.concat([got, chunk]) : chunk;
      const length = lengthOf(bytes);
      if (length === 0 || bytes.length < length) {
        got = bytes;
        return;
      }
      got = undefined;
      under = false;
      // "HTTP/1.1 200"
      if (bytes.toString("latin1", 9, 12) === "200") times.push(performance.now() - sent);
      else errors++;
      send();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      if (under) errors++;
      resolve();
    });
  });

await Promise.all(Array.from({ length: load.connections }, connection));
const seconds = (performance.now() - begun) / 1000;
const sorted = Float64Array.from(times).sort();
const percentile = (share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
const result: LoadResult = {
  answers: sorted.length,
  perSecond: sorted.length / seconds,
  p50: percentile(0.5),
  p95: percentile(0.95),
  p99: percentile(0.99),
  errors,
};
process.stdout.write(JSON.stringify(result));
