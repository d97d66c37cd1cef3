import { router, withPermission } from "@/trpc/procedures";
import {
  changeKeyInput,
  changeKeyOutput,
  createKeyInput,
  createKeyOutput,
  keyListOutput,
  keyUsageOutput,
  revokeKeyInput,
  revokeKeyOutput,
  rotateKeyInput,
  rotateKeyOutput,
} from "./contract";
import { keyUsage, listKeys } from "./queries";
import { fillSandbox } from "./sandbox/service";
import { changeKey, createKey, revokeKey, rotateKey } from "./service";

export const keysRouter = router({
  /** The brand's keys, without anything that opens a door. */
  list: withPermission("keys:read")
    .output(keyListOutput)
    .query(async ({ ctx }) => ({ keys: await listKeys(ctx.scope) })),

  /** What each key was used for lately. */
  usage: withPermission("keys:read")
    .output(keyUsageOutput)
    .query(({ ctx }) => keyUsage(ctx.scope)),

  /** Makes a key and shows it, a secret one for the only time. */
  create: withPermission("keys:write")
    .input(createKeyInput)
    .output(createKeyOutput)
    .mutation(async ({ ctx, input }) => {
      const made = await createKey(ctx.scope, input);
      // Where a store is away the key is made all the same, and the worker fills the sandbox.
      if (input.mode === "test") await fillSandbox(ctx.scope, ctx.metering()).catch(() => undefined);
      return made;
    }),

  /** Changes what a key of the brand is called and may be used for. */
  change: withPermission("keys:write")
    .input(changeKeyInput)
    .output(changeKeyOutput)
    .mutation(({ ctx, input }) => changeKey(ctx.scope, input)),

  /** Replaces a key of the brand, and shows the new one as `create` does. */
  rotate: withPermission("keys:write")
    .input(rotateKeyInput)
    .output(rotateKeyOutput)
    .mutation(({ ctx, input }) => rotateKey(ctx.scope, input)),

  /** Revokes a key of the brand. */
  revoke: withPermission("keys:write")
    .input(revokeKeyInput)
    .output(revokeKeyOutput)
    .mutation(({ ctx, input }) => revokeKey(ctx.scope, input)),
});
