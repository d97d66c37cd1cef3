import { base64url, hmacSha256, sha256 } from "./digest";

/**
 * The secrets of links that are sent by mail. The queue of mails keeps a random nonce, and the table of links a hash; the
 * secret itself is made of the nonce with a key outside the database, when the mail is written. So neither table, nor a
 * copy of both, opens anything.
 */

/** A new link: what the mail keeps, and what the table keeps. */
export function newMailLink(authSecret: string): { readonly nonce: string; readonly hash: string } {
  const nonce = base64url(crypto.getRandomValues(new Uint8Array(24)));
  return { nonce, hash: hashOfSecret(secretOfNonce(authSecret, nonce)) };
}

/** The secret that goes into the mail's link: 43 characters of base64url. */
export const secretOfNonce = (authSecret: string, nonce: string): string =>
  hmacSha256(authSecret, `connected-apps mail link ${nonce}`);

const SECRET = /^[A-Za-z0-9_-]{43}$/;

/** True for what can be the secret of a link; anything else is not worth a look. */
export const isLinkSecret = (value: unknown): value is string => typeof value === "string" && SECRET.test(value);

/** What the table keeps of a secret. */
export const hashOfSecret = (secret: string): string => sha256(`connected-apps mail link ${secret}`);
