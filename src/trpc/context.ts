import { actingAs } from "@/auth/gate";
import { currentSession } from "@/auth/session";
import type { Session, SessionState } from "@/auth/session-state";
import { db } from "@/db/client";
import type { Ctx } from "@/db/context";
import type { ReconcileDeps } from "@/features/metering/reconcile/service";
import { metering } from "@/rest/internal/metering";

/** What every procedure starts from: ways to learn who asks and to act for them. Nothing is looked up until needed. */
export interface TrpcContext {
  readonly session: () => Promise<SessionState>;
  readonly actAs: (session: Session) => Ctx;
  /** Metering with its stores and what the other domains know, for what must reach the edge at once. */
  readonly metering: () => ReconcileDeps;
}

/** The context of the request being served, over HTTP or from a server component. */
export const createTrpcContext = (): TrpcContext => ({
  session: currentSession,
  actAs: (session) => actingAs(db(), session),
  metering,
});
