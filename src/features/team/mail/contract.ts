import { z } from "zod";
import { ROLES } from "../rules";

const nonce = z.string();

/** The mails about accounts and teams, with what each is filled with. A nonce becomes the secret of its link on the way out. */
export const teamMail = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("sign_up"), nonce, name: z.string(), brand: z.string() }),
  z.object({ kind: z.literal("account_exists") }),
  z.object({ kind: z.literal("no_account") }),
  z.object({ kind: z.literal("no_brand") }),
  z.object({ kind: z.literal("sign_in"), nonce }),
  z.object({ kind: z.literal("reset"), nonce }),
  z.object({ kind: z.literal("verify"), nonce }),
  z.object({ kind: z.literal("password_changed") }),
  z.object({ kind: z.literal("change_email"), nonce, name: z.string() }),
  z.object({ kind: z.literal("email_change_asked"), to: z.string() }),
  z.object({ kind: z.literal("email_changed"), to: z.string() }),
  z.object({ kind: z.literal("role_changed"), brand: z.string(), role: z.enum(ROLES) }),
  z.object({ kind: z.literal("invitation"), nonce, brand: z.string(), role: z.enum(ROLES), by: z.string() }),
]);
export type TeamMail = z.infer<typeof teamMail>;
