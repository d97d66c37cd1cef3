import { z } from "zod";
import { activateBody, configurationBody, emptyBody } from "@/features/activations/contract";
import { ACTIVATION_STATUSES } from "@/features/activations/rules";
import { appsQuery, appsResponse, customerAppsQuery, publicApp } from "@/features/catalog/contract";
import { balanceReport, ledgerPage, ledgerQuery } from "@/features/metering/contract";
import {
  batchRecord,
  batchResponse,
  consumeRequest,
  consumeResponse,
  MAX_BATCH,
} from "@/features/metering/edge/contract";
import { refundReport, refundRequest } from "@/features/metering/refunds/contract";
import {
  heldResponse,
  holdRequest,
  releaseRequest,
  resolvedResponse,
  settleRequest,
} from "@/features/metering/reservations/contract";
import { usageQuery, usageResponse } from "@/features/usage/contract";
import type { ProblemCode } from "@/lib/errors";
import { BILLING_OPERATIONS } from "./billing";
import { BY_SERVER, type Operation } from "./operation";
import { PRODUCT_OPERATIONS } from "./products";

export type { Operation } from "./operation";

const TOKENS = "/api/v1/customer/tokens";
const APPS = "/api/v1/customer/apps";
const SPENDING = { kinds: "any", scope: "tokens:consume" } as const;
const SERVER = { kinds: "secret", scope: "tokens:consume" } as const;

const SPENT: readonly ProblemCode[] = [
  "secret_key_in_browser",
  "origin_not_allowed",
  "insufficient_scope",
  "idempotency_key_reused",
  "app_not_found",
  "app_not_permitted",
  "app_not_active",
  "amount_not_allowed",
  "spend_cap_reached",
  "insufficient_tokens",
  "metering_unavailable",
  "outcome_unknown",
];

/** Answer of activate, pause, resume and deactivate. */
const stepAnswer = z.object({
  success: z.literal(true),
  activation_id: z.uuid(),
  app: z.object({
    id: z.string(),
    name: z.string(),
    status: z.enum(ACTIVATION_STATUSES),
    activated_at: z.iso.datetime(),
  }),
});
const configurationAnswer = z.object({
  app_id: z.string(),
  version: z.int(),
  configuration: z.record(z.string(), z.unknown()),
});

/** What a call about one of the brand's apps may be refused for. */
const ABOUT_AN_APP: readonly ProblemCode[] = [...BY_SERVER, "app_not_found", "app_not_permitted", "app_not_active"];

const step = (verb: "pause" | "resume" | "deactivate", summary: string, description: string): Operation => ({
  method: "post",
  path: `${APPS}/[id]/${verb}`,
  id: `${verb}App`,
  tag: "Apps",
  summary,
  description,
  key: { kinds: "secret", scope: "apps:activate" },
  idIs: "The app's id or slug",
  body: emptyBody,
  answers: { 200: stepAnswer },
  problems: [...ABOUT_AN_APP, "plan_upgrade_required"],
});

/** Every operation of the public API, in the order in which the reference tells of them. */
export const OPERATIONS: readonly Operation[] = [
  {
    method: "post",
    path: `${TOKENS}/consume`,
    id: "consume",
    tag: "Tokens",
    summary: "Use an app",
    description:
      "Debits what one use of an app costs, in one step, and answers what is left. Send an `Idempotency-Key` and repeat the " +
      "request as often as you like: the first answer comes back byte for byte, for at least 24 hours. A public key spends " +
      "the app's list price and is not told the balance.",
    key: SPENDING,
    body: consumeRequest,
    idempotent: true,
    answers: { 200: consumeResponse },
    problems: SPENT,
  },
  {
    method: "post",
    path: `${TOKENS}/consume/batch`,
    id: "consumeBatch",
    tag: "Tokens",
    summary: "Use apps, several times at once",
    description:
      `Up to ${MAX_BATCH} uses in one call, each a step of its own with its own \`idempotency_key\`. The results come in the ` +
      "records' order, each with the status and the body that a consume of its own would have had.",
    key: SPENDING,
    body: z.strictObject({ records: z.array(batchRecord).min(1).max(MAX_BATCH) }),
    answers: { 200: batchResponse },
    problems: SPENT,
  },
  {
    method: "post",
    path: `${TOKENS}/reservations`,
    id: "reserve",
    tag: "Tokens",
    summary: "Reserve tokens",
    description:
      "Takes tokens out of the balance for work whose cost is known only at its end. Unsettled, the reservation releases " +
      "itself when `expires_in` seconds are over.",
    key: SERVER,
    body: holdRequest,
    idempotent: true,
    answers: { 201: heldResponse },
    problems: [...SPENT, "forbidden"],
  },
  {
    method: "post",
    path: `${TOKENS}/reservations/[id]/settle`,
    id: "settleReservation",
    tag: "Tokens",
    summary: "Settle a reservation",
    description: "Uses up to what was reserved and gives back the rest. Repeating the same step answers the same.",
    key: SERVER,
    idIs: "The reservation's id",
    body: settleRequest,
    answers: { 200: resolvedResponse },
    problems: [
      ...BY_SERVER,
      "reservation_not_found",
      "app_not_permitted",
      "reservation_closed",
      "amount_not_allowed",
      "metering_unavailable",
      "outcome_unknown",
    ],
  },
  {
    method: "post",
    path: `${TOKENS}/reservations/[id]/release`,
    id: "releaseReservation",
    tag: "Tokens",
    summary: "Release a reservation",
    description: "Gives back all that was reserved. Repeating it answers the same.",
    key: SERVER,
    idIs: "The reservation's id",
    body: releaseRequest,
    answers: { 200: resolvedResponse },
    problems: [
      ...BY_SERVER,
      "reservation_not_found",
      "app_not_permitted",
      "reservation_closed",
      "metering_unavailable",
      "outcome_unknown",
    ],
  },
  {
    method: "post",
    path: `${TOKENS}/usage/[id]/refund`,
    id: "refundUsage",
    tag: "Tokens",
    summary: "Give a use back",
    description: "Returns what a use took, once. It works at once after the consume, and again answers the same.",
    key: SERVER,
    idIs: "The use's `usage_id`",
    body: refundRequest,
    answers: { 200: refundReport },
    problems: [...BY_SERVER, "usage_not_found", "app_not_permitted", "metering_unavailable"],
  },
  {
    method: "get",
    path: `${TOKENS}/balance`,
    id: "balance",
    tag: "Tokens",
    summary: "Read the balance",
    description: "The account as the meter has it at this moment, with its grants in the order in which they burn.",
    key: SERVER,
    answers: { 200: balanceReport },
    problems: [...BY_SERVER, "metering_unavailable"],
  },
  {
    method: "get",
    path: `${TOKENS}/usage`,
    id: "usage",
    tag: "Tokens",
    summary: "Read what was used",
    description:
      "The current period, and by app and day what was used in it or between two days. A use is here within 5 s.",
    key: SERVER,
    query: usageQuery,
    answers: { 200: usageResponse },
    problems: [...BY_SERVER, "app_not_found"],
  },
  {
    method: "get",
    path: `${TOKENS}/ledger`,
    id: "ledger",
    tag: "Tokens",
    summary: "Read the ledger",
    description: "Every entry, newest first, in pages. With `Accept: text/csv` all of it as a file.",
    key: SERVER,
    query: ledgerQuery,
    answers: { 200: ledgerPage },
    csv: true,
    problems: BY_SERVER,
  },
  {
    method: "get",
    path: "/api/v1/apps",
    id: "listApps",
    tag: "Apps",
    summary: "List the marketplace",
    description: "Every app there is, for anyone. Limited per address, with a key per brand.",
    key: null,
    query: appsQuery,
    answers: { 200: appsResponse },
    problems: [],
  },
  {
    method: "get",
    path: "/api/v1/apps/[id]",
    id: "getApp",
    tag: "Apps",
    summary: "Read an app",
    description: "One app with its features and the schema of its configuration.",
    key: null,
    idIs: "The app's id or slug",
    answers: { 200: publicApp },
    problems: ["app_not_found"],
  },
  {
    method: "get",
    path: APPS,
    id: "listOwnApps",
    tag: "Apps",
    summary: "List the brand's apps",
    description: "The apps that the brand has turned on at any time, with how they stand.",
    key: { kinds: "secret", scope: "apps:read" },
    query: customerAppsQuery,
    answers: { 200: z.record(z.string(), z.unknown()) },
    problems: BY_SERVER,
  },
  {
    method: "post",
    path: `${APPS}/[id]/activate`,
    id: "activateApp",
    tag: "Apps",
    summary: "Turn an app on",
    description:
      "Uses of it are served from now on. 201 the first time, 200 after. What is left out of the configuration has its default.",
    key: { kinds: "secret", scope: "apps:activate" },
    idIs: "The app's id or slug",
    body: activateBody,
    answers: {
      201: stepAnswer.extend({ embed_code: z.string() }),
      200: stepAnswer.extend({ embed_code: z.string() }),
    },
    problems: [...ABOUT_AN_APP, "plan_upgrade_required", "invalid_configuration"],
  },
  step("pause", "Pause an app", "Uses of it are refused from now on; its configuration stays."),
  step("resume", "Resume an app", "Uses of it are served again."),
  step(
    "deactivate",
    "Turn an app off",
    "Uses of it are refused and its button leaves the shop; its configuration stays.",
  ),
  {
    method: "get",
    path: `${APPS}/[id]/configuration`,
    id: "getConfiguration",
    tag: "Apps",
    summary: "Read a configuration",
    description: "What is in force.",
    key: { kinds: "secret", scope: "apps:read" },
    idIs: "The app's id or slug",
    answers: { 200: configurationAnswer },
    problems: ABOUT_AN_APP,
  },
  {
    method: "put",
    path: `${APPS}/[id]/configuration`,
    id: "putConfiguration",
    tag: "Apps",
    summary: "Publish a configuration",
    description: "In force on return, and in the shop within seconds. Unknown fields are refused, defaults filled in.",
    key: { kinds: "secret", scope: "apps:activate" },
    idIs: "The app's id or slug",
    body: configurationBody,
    answers: { 200: configurationAnswer.extend({ success: z.literal(true) }) },
    problems: [...ABOUT_AN_APP, "invalid_configuration", "configuration_changed"],
  },
  {
    method: "get",
    path: `${APPS}/[id]/embed-code`,
    id: "getEmbedCode",
    tag: "Apps",
    summary: "Read the embed code",
    description: "The lines that put the app into a shop's page.",
    key: { kinds: "secret", scope: "apps:read" },
    idIs: "The app's id or slug",
    answers: { 200: z.object({ app_id: z.string(), embed_code: z.string() }) },
    problems: ABOUT_AN_APP,
  },
  ...PRODUCT_OPERATIONS,
  ...BILLING_OPERATIONS,
];

/** The problems that any operation may answer; those with a key and a body besides. */
export const problemsOf = (operation: Operation): ProblemCode[] => [
  ...new Set<ProblemCode>([
    ...(operation.query || operation.body ? (["invalid_request"] as const) : []),
    ...(operation.body ? (["payload_too_large", "unsupported_media_type"] as const) : []),
    ...(operation.key ? (["invalid_api_key"] as const) : []),
    ...operation.problems,
    "rate_limited",
    "internal_error",
  ]),
];
