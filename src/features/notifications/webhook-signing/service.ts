import { createHmac, randomBytes } from "node:crypto";
import { decrypt, encrypt, isCurrent, type KeyRing, keyRing } from "@/lib/encryption";
import { env } from "@/lib/env";
import { Refusal } from "@/lib/errors";

/** Signatures as Standard Webhooks has them (https://www.standardwebhooks.com), which libraries of many languages check. */

const PREFIX = "whsec_";
const BYTES = 32;

/** A new secret: `whsec_` and 32 random bytes in base64. */
export const mintSecret = (): string => PREFIX + randomBytes(BYTES).toString("base64");

/** What a receiver sees as `webhook-id`. */
export const messageName = (id: string): string => `msg_${id.replaceAll("-", "")}`;

/**
 * The three headers of one attempt. With several secrets there are several signatures, of which a receiver accepts any.
 * @param at when the attempt is made; a receiver refuses what is older than a few minutes
 */
export function signatureHeaders(
  secrets: readonly string[],
  message: { readonly id: string; readonly body: string },
  at: Date,
): Record<"webhook-id" | "webhook-timestamp" | "webhook-signature", string> {
  const id = messageName(message.id);
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), "base64");
    return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${message.body}`).digest("base64")}`;
  });
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") };
}

let ring: { readonly text: string; readonly keys: KeyRing } | undefined;

/** @throws Refusal `invalid_request` where the installation has no keys to encrypt with */
function keys(): KeyRing {
  const text = env().ENCRYPTION_KEYS;
  if (text === undefined) {
    throw new Refusal("invalid_request", "Webhooks are not set up here: the installation has no ENCRYPTION_KEYS.");
  }
  if (ring?.text !== text) ring = { text, keys: keyRing(text) };
  return ring.keys;
}

const belongs = (endpointId: string): string => `webhook:${endpointId}`;

/** A secret as it lies in the database; it opens for its own endpoint alone. */
export const seal = (endpointId: string, secret: string): string => encrypt(keys(), secret, belongs(endpointId));

/** @throws Error where it belongs to another endpoint, was altered, or its key is gone */
export const unseal = (endpointId: string, sealed: string): string => decrypt(keys(), sealed, belongs(endpointId));

/** A sealed secret under the first of the installation's keys; the same where it is there already. */
export const sealAnew = (endpointId: string, sealed: string): string =>
  isCurrent(keys(), sealed) ? sealed : seal(endpointId, unseal(endpointId, sealed));
