import { z } from "zod";
import { LONGEST_PASSWORD } from "./passwords";

/** What the forms at the door take. */

export const emailAddress = z
  .string()
  .trim()
  .toLowerCase()
  .max(254)
  .regex(
    /^[^\s@<>"(),:;\\[\]]+@[^\s@<>"(),:;\\[\]]+\.[^\s@.<>"(),:;\\[\]]+$/u,
    "Type an address such as ada@brand.example.",
  )
  .regex(/^\P{Cc}*$/u);

const line = (what: string) =>
  z
    .string()
    .trim()
    .min(1, `Type ${what}.`)
    .max(100, "At most 100 characters.")
    .regex(/^\P{Cc}*$/u, "Leave control characters out.");

export const personName = line("your name");
export const brandName = line("the brand’s name");

/** The shortest password taken, in characters. Length is what makes one hard to guess; kinds of characters are not asked for. */
export const SHORTEST_PASSWORD = 10;

export const newPassword = z
  .string()
  .min(SHORTEST_PASSWORD, `At least ${SHORTEST_PASSWORD} characters.`)
  .max(LONGEST_PASSWORD, `At most ${LONGEST_PASSWORD} characters.`)
  .refine((text) => new Set(text).size >= 4, "Too easy to guess: use more different characters.");

/** An IANA name that this machine knows, else UTC. */
export const timeZone = z.string().max(64).refine(isTimeZone).catch("UTC");

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return /^[A-Za-z0-9_+/-]+$/.test(name) && !/^[+-]/.test(name);
  } catch {
    return false;
  }
}
