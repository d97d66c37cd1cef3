import { randomBytes } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { z } from "zod";
import type { Db, Tx } from "@/db/client";
import { customers, identities, users } from "@/db/schema/people";
import { recordAudit } from "@/features/audit/service";
import { openAccounts } from "@/features/metering/service";
import { queueMailTo } from "@/features/notifications/service";
import { knowsTimeZone, membershipsOf } from "@/features/team/queries";
import { addPersonIn } from "@/features/team/service";
import { mintCustomerId, uuidv7 } from "@/lib/ids";
import { type DoorDeps, type Knock, knock } from "./door";
import { brandName, emailAddress, newPassword, personName, timeZone } from "./forms";
import { issueLink, peekLink, spendLink } from "./links";
import { hashPassword } from "./passwords";
import { type Browser, findPerson, openSessionIn } from "./store";
import type { SessionToken } from "./token";

export const signUpForm = z.strictObject({ brand: brandName, name: personName, email: emailAddress, timeZone });
export type SignUpForm = z.infer<typeof signUpForm>;

/** What a sign-up link remembers of the form, and of the provider that showed the address to be theirs. */
const remembered = z.object({
  brand: z.string().default(""),
  name: z.string().default(""),
  timeZone,
  identity: z.object({ provider: z.literal("google"), subject: z.string() }).optional(),
});

/**
 * Begins a sign-up: mails a link to the address. Nothing is made until the link is followed, so nobody can open an account
 * with somebody else's address, and wait for its owner to come. An address that has an account gets a mail that says so.
 */
export function requestSignUp(deps: DoorDeps, headers: Headers, form: SignUpForm): Promise<Knock> {
  const { email: address, ...details } = form;
  return knock(deps, headers, address, async (tx) => {
    const person = await findPerson(tx, address);
    const key = `sign-up:${uuidv7()}`;
    // Who belongs to no brand could not sign in: they open one of their own with the account that they have.
    if (person && (await membershipsOf(tx, person.id)).length > 0) {
      const mail = { kind: "team.account_exists", facts: {} };
      await queueMailTo(tx, { ...mail, key, customerId: null, userId: person.id });
      return;
    }
    const nonce = await issueLink(tx, { purpose: "sign_up", address, userId: null, details });
    const facts = { nonce, name: form.name, brand: form.brand };
    await queueMailTo(tx, { key, kind: "team.sign_up", facts, customerId: null, userId: null, address });
  });
}

export const finishForm = z.strictObject({
  brand: brandName,
  /** Absent where they have an account, which keeps its name. */
  name: personName.optional(),
  /** Absent where a provider vouches for the person, or they have an account: they need none then. */
  password: newPassword.optional(),
  timeZone,
});
export type FinishForm = z.infer<typeof finishForm>;

/** What the page shows of a sign-up that waits to be finished; null where the link does not work. */
export async function pendingSignUp(db: Db, secret: unknown) {
  const link = await peekLink(db, "sign_up", secret);
  if (!link) return null;
  const { brand, name, identity } = remembered.parse(link.details);
  const known = (await findPerson(db, link.address)) !== null;
  return { email: link.address, brand, name, provider: identity?.provider ?? null, known };
}

/**
 * Finishes a sign-up: makes the person and their brand, and signs them in. Somebody who has come by an account with the
 * address meanwhile keeps their name and password, and has one brand more.
 * @returns null where the link does not work
 */
export async function finishSignUp(
  db: Db,
  secret: unknown,
  form: FinishForm,
  browser: Browser,
): Promise<SessionToken | null> {
  // Before the transaction, because it takes a while; the page has looked at the link already.
  const passwordHash = form.password === undefined ? null : await hashPassword(form.password);
  return db.transaction(async (tx) => {
    const link = await spendLink(tx, "sign_up", secret);
    if (!link) return null;
    const { identity } = remembered.parse(link.details);
    const { name = "" } = form;
    const enough = name !== "" && (passwordHash !== null || identity !== undefined);
    if (!enough && !(await findPerson(tx, link.address))) return null;
    const { customerId, userId } = await openBrand(tx, { ...form, name, email: link.address, passwordHash });
    await tx
      .update(users)
      .set({ emailVerifiedAt: sql`coalesce(${users.emailVerifiedAt}, now())` })
      .where(eq(users.id, userId));
    if (identity)
      await tx
        .insert(identities)
        .values({ ...identity, userId })
        .onConflictDoNothing();
    const sessionId = await openSessionIn(tx, userId, browser, customerId);
    return sessionId === null ? null : { sessionId, userId };
  });
}

/**
 * Makes a brand and its first admin: ready to be metered, without a plan, which leaves all apps open and is paid for in
 * packs. It has no live tokens; those of the sandbox come with its first test key.
 */
async function openBrand(
  tx: Tx,
  brand: FinishForm & { readonly name: string; readonly email: string; readonly passwordHash: string | null },
): Promise<{ customerId: string; userId: string }> {
  const customerId = mintCustomerId(uuidv7());
  const { brand: called } = brand;
  // What a browser calls its clock may be a name of before, which not every Postgres knows: no reason to turn anybody away.
  const timeZone = (await knowsTimeZone(tx, brand.timeZone)) ? brand.timeZone : "UTC";
  for (const slug of slugsFor(called)) {
    const row = { id: customerId, name: called, slug, timeZone };
    const [made] = await tx.insert(customers).values(row).onConflictDoNothing().returning({ id: customers.id });
    if (made) break;
  }
  await openAccounts(tx, customerId, { unlimited: false });
  const { email, name, passwordHash } = brand;
  const system = { customerId, actor: { type: "system", id: "sign-up" } } as const;
  const { userId } = await addPersonIn(tx, system, { email, name, passwordHash, role: "admin", verified: true });
  const scope = { customerId, actor: { type: "user", id: userId } } as const;
  await recordAudit(tx, scope, { action: "brand.created", subject: customerId, details: { plan: null } });
  return { customerId, userId };
}

/** The brand's name as it may stand in an address, and after that with something random behind it: another may have it. */
function slugsFor(name: string): string[] {
  const plain = name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\p{M}+/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+/, "")
    .slice(0, 40)
    .replace(/-+$/, "");
  const unlike = `${plain || "brand"}-${randomBytes(4).toString("hex")}`;
  return plain === "" ? [unlike] : [plain, unlike];
}
