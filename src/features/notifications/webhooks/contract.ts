import { z } from "zod";
import { CHOOSABLE } from "../webhook-catalogue/contract";

const id = z.uuid();
const distinct = (values: readonly string[]): boolean => new Set(values).size === values.length;

/** What an endpoint is made of. Whether the address may be called is checked when it is saved, and at each attempt. */
const settings = {
  url: z
    .string()
    .trim()
    .min(1, "give the address of your receiver")
    .max(2_048, "at most 2,048 characters")
    .refine((text) => URL.canParse(text), "must be a web address such as https://hooks.example.com/varai"),
  description: z
    .string()
    .trim()
    .max(200, "at most 200 characters")
    .regex(/^\P{Cc}*$/u, "must not hold control characters")
    .default(""),
  /** Null for every event, those of later included. */
  events: z
    .array(z.enum(CHOOSABLE))
    .max(CHOOSABLE.length)
    .min(1, "choose at least one event")
    .refine(distinct, "names the same one twice")
    .nullable()
    .default(null),
};

export const createEndpointInput = z.strictObject(settings);
export type CreateEndpointInput = z.output<typeof createEndpointInput>;
export const updateEndpointInput = z.strictObject({ id, ...settings });
export const setEnabledInput = z.strictObject({ id, enabled: z.boolean() });
export const endpointInput = z.strictObject({ id });
export const deliveryInput = z.strictObject({ id });

export const DELIVERY_STATUSES = ["pending", "delivered", "failed"] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

export const deliveriesInput = z.strictObject({
  endpointId: id,
  status: z.enum(DELIVERY_STATUSES).nullable().default(null),
  type: z.string().max(60).nullable().default(null),
  /** In the message's id, type or body. */
  search: z.string().trim().max(100).default(""),
  cursor: z.string().max(120).nullable().default(null),
  /** A page that asks for more of a list says which way; there is one. */
  direction: z.literal("forward").optional(),
});
export type DeliveriesInput = z.output<typeof deliveriesInput>;

/** An endpoint as people see it. Never its secret. */
export interface EndpointView {
  readonly id: string;
  readonly url: string;
  readonly description: string;
  readonly events: readonly string[] | null;
  readonly enabled: boolean;
  readonly disabledReason: "failing" | "gone" | null;
  readonly disabledAt: string | null;
  readonly failingSince: string | null;
  /** Until when the secret before signs too; null where there is none. */
  readonly previousUntil: string | null;
  readonly createdAt: string;
  /** Of the last seven days. */
  readonly delivered: number;
  readonly failed: number;
  readonly waiting: number;
}

/** What making an endpoint and rotating its secret show, once. */
export interface Revealed {
  readonly endpoint: EndpointView;
  readonly secret: string;
}

export interface DeliveryView {
  readonly id: string;
  readonly messageId: string;
  readonly type: string;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly createdAt: string;
  readonly deliveredAt: string | null;
  readonly nextAttemptAt: string | null;
}

export interface AttemptView {
  readonly id: number;
  readonly attemptedAt: string;
  readonly durationMs: number;
  readonly status: number | null;
  readonly error: string | null;
  readonly answer: string | null;
  readonly manual: boolean;
}

export interface DeliveryDetail extends DeliveryView {
  readonly endpointId: string;
  readonly body: string;
  readonly tries: readonly AttemptView[];
}
