import { uuidv7 } from "@/lib/ids";
import { type Answer, jsonAnswer, toResponse } from "@/lib/problem";
import {
  type Caller,
  corsHeaders,
  fromRequest,
  type Incoming,
  idOf,
  noKey,
  preflight,
  readCaller,
  readRequest,
  readValue,
  refusal,
  refusedAs,
  refusedByScript,
} from "../http/rules";
import { callerKeys } from "../rules";
import { batchRecord, batchRequest, type ConsumeRequest, consumeRequest } from "./contract";
import { CONSUME, KNOCK } from "./lua/consume";
import { operationHash, rateHeaders, requestHash, serializeConsumed, usageDetails } from "./rules";
import { type MeterCall, type MeterDeps, meter, meterOne, type StoreAnswer } from "./service";

/** What one use goes by: the caller's key for it, or ours where there is none, and our id of this attempt. */
interface Ids {
  readonly idempotency: string;
  readonly operationId: string;
}

/** The call that one use is, for the script. */
function consumeCall(
  deps: MeterDeps,
  caller: Caller,
  body: ConsumeRequest,
  { idempotency, operationId }: Ids,
): MeterCall {
  const { kind, account, partition, customerId, mode, address, agent } = caller;
  const hmac = deps.hashes.of(caller.key);
  const operation = operationHash(account, kind, "consume", idempotency);
  return {
    keys: callerKeys(partition, hmac, account, operation),
    door: [caller.from, body.app_id],
    args: [
      operationId,
      body.tokens_consumed === undefined ? "" : String(body.tokens_consumed),
      requestHash(body),
      usageDetails(body, kind, { address, agent }, deps.trace),
    ],
    wanted: { partition, hmac, customerId, mode },
    unseen: { what: "operation", subject: operation },
    address,
  };
}

/** The same of nobody's use: it is asked for its caller alone. */
const knock = (deps: MeterDeps, caller: Caller): MeterCall => {
  const id = uuidv7(deps.now());
  return consumeCall(deps, caller, { app_id: "" }, { idempotency: id, operationId: id });
};

/** What one use came to, as the contract says it. `headers` are what the request adds: its key, where we made it. */
function consumeAnswer(
  deps: MeterDeps,
  caller: Caller,
  answer: StoreAnswer,
  requestId: string,
  { idempotency, operationId }: Ids,
  headers: Record<string, string> = {},
): Answer {
  const lost = () => refusal("outcome_unknown", requestId, { headers: { "Idempotency-Key": idempotency } });
  if (answer.kind === "refused") return refusal("metering_unavailable", requestId);
  if (answer.kind === "lost") return lost();
  const [code = "", at, rates = "", record = ""] = answer.reply;
  const own = { ...corsHeaders(caller, code), ...rateHeaders(rates, Number(at)) };
  if (code !== "ok") {
    deps.refused?.(caller.partition, deps.hashes.of(caller.key), code);
    return refusedByScript(answer.reply, requestId, caller.kind, own);
  }
  const [, , appId = "", , amount = "", usageId = "", balance = "", unlimited, createdAt] = record.split("|");
  // It was done, and what was done cannot be read: nobody may say more of it than that.
  if (!(Number(createdAt) > 0)) return lost();
  const replayed = usageId !== operationId;
  if (!replayed) deps.wake(caller.partition);
  const text = serializeConsumed(
    { usageId, appId, amount, balance, unlimited: unlimited === "1", createdAt: Number(createdAt) },
    caller.kind,
  );
  return jsonAnswer(text, 200, requestId, {
    ...own,
    Vary: "Origin",
    ...headers,
    ...(replayed ? { "Idempotent-Replayed": "true" } : {}),
  });
}

/** `POST /api/v1/customer/tokens/consume`: one use of an app, debited in one round trip to Redis. Throws nothing. */
export async function answerConsume(request: Incoming, deps: MeterDeps): Promise<Answer> {
  const requestId = idOf(request);
  const read = await readRequest(request, consumeRequest);
  if ("code" in read) return refusedAs(read, requestId);
  const caller = readCaller(request);
  if (!caller) return noKey(requestId);
  const operationId = uuidv7(deps.now());
  // A caller that named no key of its own is told ours, so that it too can learn what became of a lost answer.
  const ids = { operationId, idempotency: read.givenKey ?? operationId };
  const answer = await meterOne(deps, CONSUME, consumeCall(deps, caller, read.body, ids));
  const own: Record<string, string> = read.givenKey === null ? { "Idempotency-Key": operationId } : {};
  return consumeAnswer(deps, caller, answer, requestId, ids, own);
}

/** Refusals that say something of the key or the page, and so of every record of a batch. */
const WHOLE = new Set(["invalid_api_key", "origin_not_allowed", "secret_key_in_browser", "insufficient_scope"]);

/**
 * `POST …/tokens/consume/batch`: up to 25 uses in one round trip, each a step of its own, in order. What concerns the
 * whole call is refused as a whole; what is wrong with a record is that record's answer. Throws nothing.
 */
export async function answerBatch(request: Incoming, deps: MeterDeps): Promise<Answer> {
  const requestId = idOf(request);
  const read = await readRequest(request, batchRequest);
  if ("code" in read) return refusedAs(read, requestId);
  const caller = readCaller(request);
  if (!caller) return noKey(requestId);

  const records = read.body.records.map((raw) => readValue(raw, batchRecord));
  const calls = records.flatMap((record) => {
    if ("code" in record) return [];
    const { idempotency_key: idempotency, ...body } = record.value;
    const ids = { idempotency, operationId: uuidv7(deps.now()) };
    return [{ ids, call: consumeCall(deps, caller, body, ids) }];
  });
  // Where no record can be used, it still counts who asks, and from where.
  const answers =
    calls.length > 0
      ? await meter(
          deps,
          CONSUME,
          calls.map(({ call }) => call),
        )
      : [await meterOne(deps, KNOCK, knock(deps, caller))];
  const [first] = answers;
  if (first?.kind === "reply" && WHOLE.has(first.reply[0] ?? "")) {
    deps.refused?.(caller.partition, deps.hashes.of(caller.key), first.reply[0] ?? "");
    return refusedByScript(first.reply, requestId, caller.kind, corsHeaders(caller, first.reply[0] ?? ""));
  }
  if (first && first.kind !== "reply" && answers.every((answer) => answer.kind === first.kind)) {
    // Each record has its own key: the same batch, sent again, tells what became of it.
    const lost = first.kind === "lost" && calls.length > 0;
    return refusal(lost ? "outcome_unknown" : "metering_unavailable", requestId);
  }

  let at = 0;
  let headers: Readonly<Record<string, string>> = {};
  const results = records.map((record) => {
    let result: Answer;
    if ("code" in record) {
      result = refusedAs(record, requestId);
    } else {
      const { ids } = calls[at] as (typeof calls)[number];
      result = consumeAnswer(deps, caller, answers[at] as StoreAnswer, requestId, ids);
      at++;
      if (result.headers.RateLimit) headers = result.headers;
    }
    return `{"status":${result.status},"body":${result.body}}`;
  });
  const { RateLimit, "RateLimit-Policy": policy } = headers;
  const proven = answers.some((answer) => answer.kind === "reply" && answer.reply[0] !== "invalid_api_key");
  return jsonAnswer(`{"results":[${results.join(",")}]}`, 200, requestId, {
    ...(proven ? corsHeaders(caller, "ok") : {}),
    ...(RateLimit && policy ? { RateLimit, "RateLimit-Policy": policy } : {}),
    Vary: "Origin",
  });
}

/** `answerConsume` on Web requests and responses. */
export const handleConsume = async (request: Request, deps: MeterDeps): Promise<Response> =>
  toResponse(await answerConsume(fromRequest(request), deps));

/** `answerBatch` on Web requests and responses. */
export const handleBatch = async (request: Request, deps: MeterDeps): Promise<Response> =>
  toResponse(await answerBatch(fromRequest(request), deps));

/** `OPTIONS` of both. */
export const handleConsumeOptions = (request: Request): Response => toResponse(preflight(fromRequest(request)));
