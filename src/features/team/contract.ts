import { z } from "zod";
import { ROLES } from "./rules";

const role = z.enum(ROLES);
const userId = z.uuid();
const email = z
  .string()
  .trim()
  .toLowerCase()
  .max(254)
  .regex(
    /^[^\s@<>"(),:;\\[\]]+@[^\s@<>"(),:;\\[\]]+\.[^\s@.<>"(),:;\\[\]]+$/u,
    "must be an address such as ada@brand.example",
  )
  .regex(/^\P{Cc}*$/u);

export const inviteInput = z.strictObject({ email, role });
export type InviteInput = z.infer<typeof inviteInput>;
export const invitationInput = z.strictObject({ id: z.uuid() });
export const changeRoleInput = z.strictObject({ userId, role });
export const removeInput = z.strictObject({ userId });

/** Somebody of the team. Times in ISO 8601. */
export const member = z.object({
  userId,
  name: z.string(),
  email: z.string(),
  role,
  joinedAt: z.string(),
  /** When they were last in this brand, as far as their open sessions tell. */
  lastSeenAt: z.string().nullable(),
});
export type Member = z.infer<typeof member>;

export const invitation = z.object({
  id: z.string(),
  email: z.string(),
  role,
  invitedBy: z.string().nullable(),
  createdAt: z.string(),
  expiresAt: z.string(),
  expired: z.boolean(),
});
export type Invitation = z.infer<typeof invitation>;

export const teamOutput = z.object({ you: z.string(), members: z.array(member), invitations: z.array(invitation) });
export type Team = z.infer<typeof teamOutput>;

/** What a brand may change of itself. */
export const brandInput = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1, "give the brand a name")
    .max(100)
    .regex(/^\P{Cc}*$/u, "must not hold control characters"),
  timeZone: z
    .string()
    .max(64)
    .refine((name) => {
      try {
        new Intl.DateTimeFormat("en", { timeZone: name });
        return /^[A-Za-z]/.test(name);
      } catch {
        return false;
      }
    }, "must be a time zone such as Europe/Berlin"),
});
export type BrandInput = z.infer<typeof brandInput>;
