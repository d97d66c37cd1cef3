import { initTRPC } from "@trpc/server";
import type { Permission } from "@/features/team/rules";
import type { TrpcContext } from "./context";
import { databaseAway, notAllowed, signedOut, toPublicError } from "./errors";

/** What a procedure asks of its caller; `withPermission` sets it and checks it, a test reads it. */
export interface ProcedureMeta {
  readonly permission?: Permission;
}

const t = initTRPC
  .context<TrpcContext>()
  .meta<ProcedureMeta>()
  .create({
    isDev: false,
    errorFormatter({ shape, error }) {
      const shown = toPublicError(error);
      return {
        ...shape,
        message: shown.message,
        // Named one by one, so that neither a stack nor a path slips in.
        data: {
          code: shown.code,
          httpStatus: shape.data.httpStatus,
          problem: shown.problem,
          fields: shown.fields,
          errorId: shown.errorId,
        },
      };
    },
  });

export const { router, createCallerFactory } = t;

/** The ladder's foot: anyone. Whatever goes wrong above it leaves as a `PublicError`. */
export const publicProcedure = t.procedure.use(async ({ next }) => {
  const result = await next();
  if (!result.ok) throw toPublicError(result.error);
  return result;
});

/** Somebody who is signed in, with `ctx.scope` to act for their brand and `ctx.viewer` to know who they are. */
export const signedIn = publicProcedure.use(async ({ ctx, next }) => {
  const found = await ctx.session();
  if (found.state === "unavailable") throw databaseAway();
  if (found.state === "out") throw signedOut();
  return next({ ctx: { viewer: found.session, scope: ctx.actAs(found.session) } });
});

/** Somebody whose role in the brand allows this. Asked before the input is looked at. */
export const withPermission = (permission: Permission) =>
  signedIn.meta({ permission }).use(({ ctx, next }) => {
    if (!ctx.viewer.permissions.has(permission)) throw notAllowed();
    return next();
  });
