import { hash, verify } from "@node-rs/argon2";

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane. The library's default variant is argon2id. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** The longest password accepted, in characters: hashing takes the whole of it, so it must have an end. */
export const LONGEST_PASSWORD = 256;

// The hash of random bytes that nobody kept. It costs as much to check as a real one, and nothing matches it.
const NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$O/pT8kCXC8Jh00uxv9s1wQ$hocTD8f2YFDrUjEKNctauLuaJCh8HOYRW3GNNTltGJU";

/** Hashes a password with argon2id into its encoded form, parameters and salt included. */
export async function hashPassword(password: string): Promise<string> {
  if (password.length === 0 || password.length > LONGEST_PASSWORD)
    throw new Error("The password's length is not allowed");
  return hash(password, PARAMETERS);
}

/** True where the password is the one the hash was made of. A hash that cannot be read matches nothing. */
export async function verifyPassword(passwordHash: string, password: string): Promise<boolean> {
  if (password.length > LONGEST_PASSWORD) return verifyNothing(password.slice(0, LONGEST_PASSWORD));
  try {
    return await verify(passwordHash, password);
  } catch {
    return false;
  }
}

/** Spends the time of a check and answers false: for an account that does not exist, so that the clock tells nothing. */
export async function verifyNothing(password: string): Promise<false> {
  await verify(NOBODY, password);
  return false;
}
