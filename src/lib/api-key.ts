import { crc32 } from "./crc32";
import { hmacSha256 } from "./digest";
import type { CustomerId, Mode } from "./ids";
import { partitionOf } from "./partition";

/**
 * API keys: `ca_{pk|sk}_{live|test}_{customer}_{secret}{check}`. The customer is the UUID in base62 (22 characters),
 * the secret 28 base62 characters (166 bits), the check a CRC-32 of everything before it in 6 base62 characters, so
 * that a typo or a leaked key is recognised without a look-up.
 */
export type KeyKind = "pk" | "sk";

export interface ParsedKey {
  readonly kind: KeyKind;
  readonly mode: Mode;
  /** The tenant the key claims; proven only by the key record. */
  readonly customerId: string;
  readonly partition: number;
}

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const CUSTOMER_LENGTH = 22;
const SECRET_LENGTH = 28;
const CHECK_LENGTH = 6;
const FORM = /^ca_(pk|sk)_(live|test)_([0-9A-Za-z]{22})_([0-9A-Za-z]{28})([0-9A-Za-z]{6})$/;

function base62(value: bigint, length: number): string {
  let text = "";
  for (let rest = value, i = 0; i < length; i++, rest /= 62n) text = ALPHABET.charAt(Number(rest % 62n)) + text;
  return text;
}

/** What each character of the alphabet is worth, by its code. */
const WORTH = new Uint8Array(128);
for (let i = 0; i < ALPHABET.length; i++) WORTH[ALPHABET.charCodeAt(i)] = i;

/** A few characters as a number: up to eight fit into 53 bits. */
function worthOf(text: string, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) value = value * 62 + (WORTH[text.charCodeAt(i)] ?? 0);
  return value;
}

const EIGHT = 62n ** 8n;

/** 22 characters as an integer. In three pieces, because one multiplication of large integers costs as much as many small. */
const fromBase62 = (text: string): bigint =>
  (BigInt(worthOf(text, 0, 6)) * EIGHT + BigInt(worthOf(text, 6, 14))) * EIGHT +
  BigInt(worthOf(text, 14, CUSTOMER_LENGTH));

const encoder = new TextEncoder();

/** The check of a key's text before it: its CRC-32 in base62. */
function check(body: string): string {
  let rest = crc32(encoder.encode(body));
  let text = "";
  for (let i = 0; i < CHECK_LENGTH; i++) {
    text = ALPHABET.charAt(rest % 62) + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}

/** 28 characters, each uniform over the alphabet: bytes that would favour its start are thrown away. */
function randomSecret(): string {
  let text = "";
  while (text.length < SECRET_LENGTH) {
    for (const byte of crypto.getRandomValues(new Uint8Array(SECRET_LENGTH * 2))) {
      if (byte < 248 && text.length < SECRET_LENGTH) text += ALPHABET.charAt(byte % 62);
    }
  }
  return text;
}

/** Makes a new key. The text of an `sk` is for its owner's eyes once; keep only its HMAC. */
export function mintApiKey(input: { kind: KeyKind; mode: Mode; customerId: CustomerId }): {
  text: string;
  keyId: string;
  lastFour: string;
} {
  const customer = base62(BigInt(`0x${input.customerId.replaceAll("-", "")}`), CUSTOMER_LENGTH);
  const body = `ca_${input.kind}_${input.mode}_${customer}_${randomSecret()}`;
  const text = body + check(body);
  return { text, keyId: `ak_${input.mode}_${randomSecret().slice(0, 16)}`, lastFour: text.slice(-4) };
}

/** Keys that were read last, with what they say: a busy key comes thousands of times a second. */
const read = new Map<string, ParsedKey>();
const MOST_READ = 2_000;

/** Reads a key's form without any look-up; null where it is not one of ours or its check does not fit. */
export function parseApiKey(text: string): ParsedKey | null {
  const known = read.get(text);
  if (known) return known;
  const parsed = parse(text);
  if (parsed) {
    // The oldest goes first; whoever is still busy comes back with the next request.
    if (read.size >= MOST_READ) for (const oldest of read.keys()) if (read.delete(oldest)) break;
    read.set(text, parsed);
  }
  return parsed;
}

function parse(text: string): ParsedKey | null {
  const match = FORM.exec(text);
  if (!match) return null;
  const [, kind, mode, customer = ""] = match;
  if (check(text.slice(0, -CHECK_LENGTH)) !== text.slice(-CHECK_LENGTH)) return null;
  const hex = fromBase62(customer).toString(16).padStart(32, "0");
  if (hex.length !== 32) return null;
  const customerId = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  return { kind: kind as KeyKind, mode: mode as Mode, customerId, partition: partitionOf(customerId) };
}

/** HMAC-SHA-256 of a whole key under the pepper, base64url, 43 characters: the only form in which a key is looked up. */
export const hmacApiKey = (text: string, pepper: string): string => hmacSha256(pepper, text);
