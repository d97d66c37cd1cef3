import { z } from "zod";
import { emailAddress, newPassword, personName } from "@/auth/forms";
import { LONGEST_PASSWORD } from "@/auth/passwords";
import {
  changePassword,
  profileOf,
  rename,
  requestEmailChange,
  requestVerification,
  revokeSessions,
  sessionsOf,
} from "@/auth/profile";
import { router, signedIn } from "./procedures";

const present = z.string().min(1).max(LONGEST_PASSWORD).optional();

/** A person's own account: shows and changes nobody else's. */
export const profileRouter = router({
  get: signedIn.query(({ ctx: { scope, viewer } }) => profileOf(scope.db, viewer.user.id)),

  rename: signedIn.input(z.strictObject({ name: personName })).mutation(async ({ ctx: { scope, viewer }, input }) => {
    await rename(scope.db, viewer, input.name);
    return input;
  }),

  changePassword: signedIn
    .input(z.strictObject({ present, password: newPassword }))
    .mutation(async ({ ctx: { scope, viewer }, input }) => {
      await changePassword(scope.db, viewer, input);
      return {};
    }),

  /** Answers the same whether the new address is free or not. */
  changeEmail: signedIn
    .input(z.strictObject({ email: emailAddress, password: present }))
    .mutation(async ({ ctx: { scope, viewer }, input }) => {
      await requestEmailChange(scope.db, viewer, input);
      return {};
    }),

  verifyEmail: signedIn.mutation(async ({ ctx: { scope, viewer } }) => {
    await requestVerification(scope.db, viewer);
    return {};
  }),

  sessions: signedIn.query(async ({ ctx: { scope, viewer } }) => {
    const sessions = await sessionsOf(scope.db, viewer);
    return {
      sessions: sessions.map(({ createdAt, lastSeenAt, ...shown }) => ({
        ...shown,
        createdAt: createdAt.toISOString(),
        lastSeenAt: lastSeenAt.toISOString(),
      })),
    };
  }),

  /** Ends another of the person's sessions, or with null all others. */
  endSessions: signedIn
    .input(z.strictObject({ id: z.uuid().nullable() }))
    .mutation(async ({ ctx: { scope, viewer }, input }) => ({
      ended: await revokeSessions(scope.db, viewer, input.id),
    })),
});
