import type { Tx } from "@/db/client";
import { queueMail } from "@/features/notifications/service";
import { permissionsOf, ROLES } from "@/features/team/rules";
import type { CustomerId } from "@/lib/ids";
import { type BillingMail, billingMail } from "./contract";

/** Who is told about money: those who can do something about it. */
const PAYERS = ROLES.filter((role) => permissionsOf(role).has("billing:write"));

/**
 * Tells a brand about money, in the transaction of what it tells. Nothing is sent here: the worker does, with retries.
 * @param key the business object, such as `in_123` or `2026-11:low`; with the kind, it is told once
 * @throws ZodError where a fact is missing or wrong
 */
export async function queueBillingMail(tx: Tx, customerId: CustomerId, key: string, mail: BillingMail): Promise<void> {
  const { kind, ...facts } = billingMail.parse(mail);
  await queueMail(tx, customerId, { key: `${kind}:${key}`, kind: `billing.${kind}`, facts, roles: PAYERS });
}
