import { isUuid, uuidv7 } from "@/lib/ids";
import { type Answer, jsonAnswer, toResponse } from "@/lib/problem";
import { HOLD } from "../edge/lua/hold";
import { RESOLVE } from "../edge/lua/resolve";
import { holdHash, operationHash, rateHeaders, usageDetails } from "../edge/rules";
import { type MeterCall, type MeterDeps, meterOne, type StoreAnswer } from "../edge/service";
import {
  type Caller,
  fromRequest,
  type Incoming,
  idOf,
  noKey,
  readCaller,
  readRequest,
  refusal,
  refusedAs,
  refusedByScript,
} from "../http/rules";
import { callerKeys } from "../rules";
import { holdRequest, releaseRequest, settleRequest } from "./contract";
import { resolutionHash, serializeHeld, serializeResolved } from "./rules";

type Said = { readonly record: readonly string[]; readonly headers: Record<string, string> };

/** A record of a hold or of a resolution, as far as answers are made of it. */
const READABLE = /^(?:h1(?:\|[^|]*){6}\|\d+|r1(?:\|[^|]*){6}\|\d+\|[^|]*\|[^|]*)$/;

/** What the script said where it is `ok`; else the refusal. `retry` is how a lost answer is resolved. */
function said(
  deps: MeterDeps,
  answer: StoreAnswer,
  caller: Caller,
  requestId: string,
  lost: Record<string, string>,
): Said | Answer {
  if (answer.kind === "refused") return refusal("metering_unavailable", requestId);
  if (answer.kind === "lost") return refusal("outcome_unknown", requestId, { headers: lost });
  const [code = "", at, rates = "", record = ""] = answer.reply;
  const headers = rateHeaders(rates, Number(at));
  if (code !== "ok") deps.refused?.(caller.partition, deps.hashes.of(caller.key), code);
  if (code === "ok" && !READABLE.test(record)) return refusal("outcome_unknown", requestId, { headers: lost });
  return code === "ok"
    ? { record: record.split("|"), headers }
    : refusedByScript(answer.reply, requestId, caller.kind, headers);
}

/** `POST …/tokens/reservations`: sets tokens aside. Throws nothing. */
export async function answerHold(request: Incoming, deps: MeterDeps): Promise<Answer> {
  const requestId = idOf(request);
  const read = await readRequest(request, holdRequest);
  if ("code" in read) return refusedAs(read, requestId);
  const caller = readCaller(request);
  if (!caller) return noKey(requestId);
  const { kind, account, partition, customerId, mode, address } = caller;
  const { app_id, tokens_reserved, expires_in } = read.body;
  const reservationId = uuidv7(deps.now());
  const idempotency = read.givenKey ?? reservationId;
  const hmac = deps.hashes.of(caller.key);
  const operation = operationHash(account, kind, "reservations", idempotency);
  const call: MeterCall = {
    keys: callerKeys(partition, hmac, account, operation),
    door: [caller.from, app_id],
    args: [reservationId, String(tokens_reserved), holdHash(tokens_reserved, expires_in), String(expires_in * 1000)],
    wanted: { partition, hmac, customerId, mode },
    unseen: { what: "operation", subject: operation },
    address,
  };
  const outcome = said(deps, await meterOne(deps, HOLD, call), caller, requestId, { "Idempotency-Key": idempotency });
  if ("status" in outcome) return outcome;
  const [, , appId = "", tokens = "", id = "", balance = "", unlimited, expires] = outcome.record;
  const replayed = id !== reservationId;
  if (!replayed) deps.wake(partition);
  const text = serializeHeld({
    reservationId: id,
    appId,
    reserved: tokens,
    balance,
    unlimited: unlimited === "1",
    expiresAt: Number(expires),
  });
  return jsonAnswer(text, 201, requestId, {
    ...outcome.headers,
    ...(read.givenKey === null ? { "Idempotency-Key": idempotency } : {}),
    ...(replayed ? { "Idempotent-Replayed": "true" } : {}),
  });
}

/** An id that no reservation has: what is no UUID is asked for under it, and not found like any other. */
const NONE = "00000000-0000-0000-0000-000000000000";

/** `POST …/reservations/{id}/settle` and `…/release`: resolves a reservation, once. Throws nothing. */
export async function answerResolve(
  request: Incoming,
  deps: MeterDeps,
  step: { readonly id: string; readonly verb: "settle" | "release" },
): Promise<Answer> {
  const requestId = idOf(request);
  const read =
    step.verb === "settle"
      ? await readRequest(request, settleRequest)
      : await readRequest(request, releaseRequest, true);
  if ("code" in read) return refusedAs(read, requestId);
  const caller = readCaller(request);
  if (!caller) return noKey(requestId);
  const { kind, account, partition, customerId, mode, address } = caller;
  // Whoever sends a UUID may have it in capitals (RFC 9562).
  const named = step.id.toLowerCase();
  const reservationId = isUuid(named) ? named : NONE;
  const operationId = uuidv7(deps.now());
  const consumed = "tokens_consumed" in read.body ? read.body.tokens_consumed : 0;
  const hmac = deps.hashes.of(caller.key);
  const call: MeterCall = {
    keys: callerKeys(partition, hmac, account, resolutionHash(account, reservationId)),
    door: [caller.from, ""],
    args: [
      operationId,
      reservationId,
      String(consumed),
      usageDetails({ app_id: "" }, kind, { address: undefined, agent: undefined }),
    ],
    wanted: { partition, hmac, customerId, mode },
    unseen: { what: "reservation", subject: reservationId },
    address,
  };
  const answer = await meterOne(deps, RESOLVE, call);
  if (answer.kind === "reply" && answer.reply[0] === "amount_not_allowed") {
    return refusal("amount_not_allowed", requestId, {
      detail: "tokens_consumed may not be more than was reserved.",
      headers: rateHeaders(answer.reply[2] ?? "", Number(answer.reply[1])),
    });
  }
  const outcome = said(deps, answer, caller, requestId, {});
  if ("status" in outcome) return outcome;
  const [, status, appId = "", reserved = "", used = "", balance = "", unlimited, expires, usageId = "", operation] =
    outcome.record;
  const replayed = operation !== operationId;
  if (!replayed) deps.wake(partition);
  const text = serializeResolved({
    reservationId,
    appId,
    status: status === "settled" ? "settled" : "released",
    reserved,
    consumed: used,
    balance,
    unlimited: unlimited === "1",
    expiresAt: Number(expires),
    usageId,
  });
  return jsonAnswer(text, 200, requestId, {
    ...outcome.headers,
    ...(replayed ? { "Idempotent-Replayed": "true" } : {}),
  });
}

/** `answerHold` on Web requests and responses. */
export const handleHold = async (request: Request, deps: MeterDeps): Promise<Response> =>
  toResponse(await answerHold(fromRequest(request), deps));

/** `answerResolve` on Web requests and responses. */
export const handleResolve = async (
  request: Request,
  deps: MeterDeps,
  step: { readonly id: string; readonly verb: "settle" | "release" },
): Promise<Response> => toResponse(await answerResolve(fromRequest(request), deps, step));
