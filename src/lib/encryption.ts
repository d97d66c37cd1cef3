import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { hmacSha256 } from "./digest";

/**
 * Short texts encrypted for the database: AES-256-GCM, bound to what they belong to, and found again by a blind index.
 * The first key encrypts, all of them decrypt, so that a new one can be put in front and the old one taken out once
 * everything has been written anew (`npm run billing:rotate`).
 */
export interface KeyRing {
  readonly keys: readonly { readonly id: string; readonly secret: Buffer; readonly index: string }[];
}

const FORM = /^[a-z0-9-]{1,20}:[A-Za-z0-9+/]{43}=$/;

/** True for `id:base64key,id:base64key`, each key of 32 bytes, no id twice. */
export function isKeyRing(text: string): boolean {
  const parts = text.split(",");
  const ids = new Set(parts.map((part) => part.split(":")[0]));
  return parts.every((part) => FORM.test(part)) && ids.size === parts.length;
}

/** Reads `id:base64key,id:base64key`. The index has a key of its own, derived, so that neither tells about the other. */
export function keyRing(text: string): KeyRing {
  if (!isKeyRing(text)) throw new Error("The key ring is not id:base64key,id:base64key with keys of 32 bytes");
  return {
    keys: text.split(",").map((part) => {
      const [id = "", encoded = ""] = part.split(":");
      const master = Buffer.from(encoded, "base64");
      const derive = (use: string) => Buffer.from(hkdfSync("sha256", master, "", `connected-apps ${use}`, 32));
      return { id, secret: derive("encrypt"), index: derive("index").toString("base64url") };
    }),
  };
}

/** Encrypts with the ring's first key. @param belongs what the text belongs to; it decrypts for nothing else */
export function encrypt(ring: KeyRing, text: string, belongs: string): string {
  const [key] = ring.keys;
  if (!key) throw new Error("The key ring is empty");
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key.secret, nonce);
  cipher.setAAD(Buffer.from(belongs));
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return `${key.id}.${nonce.toString("base64url")}.${sealed.toString("base64url")}`;
}

/** @throws Error where the key is not on the ring, or the text was altered or belongs to something else */
export function decrypt(ring: KeyRing, sealed: string, belongs: string): string {
  const [id, nonce = "", body = ""] = sealed.split(".");
  const key = ring.keys.find((one) => one.id === id);
  if (!key) throw new Error(`No key ${id} is on the ring; put it back until everything has been rotated`);
  const bytes = Buffer.from(body, "base64url");
  const decipher = createDecipheriv("aes-256-gcm", key.secret, Buffer.from(nonce, "base64url"));
  decipher.setAAD(Buffer.from(belongs));
  decipher.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString("utf8");
}

/** Whether the text was encrypted with the ring's first key. */
export const isCurrent = (ring: KeyRing, sealed: string): boolean => sealed.split(".")[0] === ring.keys[0]?.id;

/** What an encrypted text is found by, without telling it: one for each key of the ring, the first key's first. */
export const blindIndexes = (ring: KeyRing, text: string): string[] =>
  ring.keys.map((key) => hmacSha256(key.index, text));
