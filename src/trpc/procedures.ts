import { initTRPC } from "@trpc/server";
import type { Session } from "@/auth/session-state";
import { actingAsStaff } from "@/auth/staff-gate";
import { loadSession } from "@/auth/store";
import type { Ctx } from "@/db/context";
import type { Permission } from "@/features/team/rules";
import { type Surface, takeFrom, tooMany } from "@/lib/limits";
import type { TrpcContext } from "./context";
import { databaseAway, notAllowed, nothingThere, signedOut, toPublicError } from "./errors";

/** What a procedure asks of its caller; `withPermission` and `asStaff` set it and check it, a test reads it. */
export interface ProcedureMeta {
  readonly permission?: Permission;
  readonly staff?: true;
}

/** How long one answer to a subscription stays open, in milliseconds. */
const STREAM_MS = 25_000;

const t = initTRPC
  .context<TrpcContext>()
  .meta<ProcedureMeta>()
  .create({
    isDev: false,
    sse: {
      // A host that bills by the time a request is open, or ends it after some, sees short ones; the page comes back with
      // the id of the last thing it heard, through the gate again.
      maxDurationMs: STREAM_MS,
      ping: { enabled: true, intervalMs: 5_000 },
      client: { reconnectAfterInactivityMs: 12_000 },
    },
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

/** Asks again what the gate asked, of the session as it is now. @throws PublicError where it would not let in any more */
async function askAgain({ db }: Ctx, viewer: Session, permission: Permission): Promise<void> {
  const now = await loadSession(db, { sessionId: viewer.sessionId, userId: viewer.user.id });
  if (now?.customer.id !== viewer.customer.id) throw signedOut();
  if (!now.permissions.has(permission)) throw notAllowed();
}

/**
 * Somebody whose role in the brand allows this. Asked before the input is looked at; an answer that stays open asks again with
 * `ctx.stillAllowed` before it tells more.
 */
export const withPermission = (permission: Permission) =>
  signedIn.meta({ permission }).use(({ ctx, next }) => {
    if (!ctx.viewer.permissions.has(permission)) throw notAllowed();
    return next({ ctx: { stillAllowed: () => askAgain(ctx.scope, ctx.viewer, permission) } });
  });

/** The same, so many times an hour for a brand: for what costs somebody else something, or us a lot. */
export const limited = (permission: Permission, surface: Surface) =>
  withPermission(permission).use(async ({ ctx, next }) => {
    const taken = await takeFrom(surface, `customer:${ctx.scope.customerId}`);
    if (taken && !taken.passed) throw tooMany(taken);
    return next();
  });

/** One of the platform's own people. To everybody else there is no such procedure. */
export const asStaff = signedIn.meta({ staff: true }).use(async ({ ctx, next }) => {
  const staff = await actingAsStaff(ctx.scope, ctx.viewer);
  if (!staff) throw nothingThere();
  return next({ ctx: { staff } });
});
