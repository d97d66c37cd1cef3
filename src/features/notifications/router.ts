import { limited, router, signedIn, withPermission } from "@/trpc/procedures";
import { listChatHooks, ring } from "./chat/queries";
import { addChatHook, removeChatHook, testChatHook } from "./chat/service";
import {
  addChatHookInput,
  chatHookInput,
  chatHooksOutput,
  done,
  failuresOutput,
  listInput,
  listOutput,
  preferencesOutput,
  readInput,
  retryInput,
  setPreferenceInput,
  unreadOutput,
} from "./contract";
import { listFailures } from "./failures/queries";
import { retryFailure } from "./failures/service";
import { listNotifications, preferencesOf, unreadCount } from "./queries";
import { markRead, setPreference } from "./service";

/** What a person was told, and how they want to be. Their own only, so that whoever is signed in may ask. */
export const notificationsRouter = router({
  list: signedIn
    .input(listInput)
    .output(listOutput)
    .query(({ ctx, input }) => listNotifications(ctx.scope, input)),

  unread: signedIn.output(unreadOutput).query(async ({ ctx }) => ({ unread: await unreadCount(ctx.scope) })),

  markRead: signedIn
    .input(readInput)
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await markRead(ctx.scope, input);
      return {};
    }),

  preferences: signedIn.output(preferencesOutput).query(({ ctx }) => preferencesOf(ctx.scope)),

  setPreference: signedIn
    .input(setPreferenceInput)
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await setPreference(ctx.scope, input);
      return {};
    }),

  /** The brand's rooms in chat tools. */
  chatHooks: withPermission("alerts:write")
    .output(chatHooksOutput)
    .query(async ({ ctx }) => ({ hooks: await listChatHooks(ctx.scope) })),

  addChatHook: withPermission("alerts:write")
    .input(addChatHookInput)
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await addChatHook(ctx.scope, ring(), input);
      return {};
    }),

  removeChatHook: withPermission("alerts:write")
    .input(chatHookInput)
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await removeChatHook(ctx.scope, input);
      return {};
    }),

  testChatHook: limited("alerts:write", "trial")
    .input(chatHookInput)
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await testChatHook(ctx.scope, input);
      return {};
    }),

  /** What did not arrive. It names people's addresses, and is for whoever can do something about it. */
  failures: withPermission("deliveries:write")
    .output(failuresOutput)
    .query(async ({ ctx }) => ({ failures: await listFailures(ctx.scope) })),

  retry: withPermission("deliveries:write")
    .input(retryInput)
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await retryFailure(ctx.scope, input);
      return {};
    }),
});
