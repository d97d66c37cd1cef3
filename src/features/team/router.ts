import { router, withPermission } from "@/trpc/procedures";
import { brandInput, changeRoleInput, invitationInput, inviteInput, removeInput, teamOutput } from "./contract";
import { invite, resendInvitation, revokeInvitation } from "./invitations/service";
import { membersOf, openInvitations } from "./queries";
import { changeBrand, changeRole, removePerson } from "./service";

export const teamRouter = router({
  /** Who belongs to the brand, and who was asked to. */
  list: withPermission("team:read")
    .output(teamOutput)
    .query(async ({ ctx }) => {
      const [members, invitations] = await Promise.all([membersOf(ctx.scope), openInvitations(ctx.scope)]);
      return { you: ctx.viewer.user.id, members, invitations };
    }),

  invite: withPermission("team:write")
    .input(inviteInput)
    .mutation(({ ctx, input }) => invite(ctx.scope, input)),

  resendInvitation: withPermission("team:write")
    .input(invitationInput)
    .mutation(({ ctx, input }) => resendInvitation(ctx.scope, input)),

  revokeInvitation: withPermission("team:write")
    .input(invitationInput)
    .mutation(({ ctx, input }) => revokeInvitation(ctx.scope, input)),

  changeRole: withPermission("team:write")
    .input(changeRoleInput)
    .mutation(({ ctx, input }) => changeRole(ctx.scope, input)),

  remove: withPermission("team:write")
    .input(removeInput)
    .mutation(({ ctx, input }) => removePerson(ctx.scope, input)),

  changeBrand: withPermission("team:write")
    .input(brandInput)
    .mutation(({ ctx, input }) => changeBrand(ctx.scope, input)),
});
