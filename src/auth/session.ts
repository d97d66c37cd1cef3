import { headers } from "next/headers";
import { cache } from "react";
import { db } from "@/db/client";
import { sessionOf } from "./gate";
import type { SessionState } from "./session-state";

export type { Session, SessionState } from "./session-state";

/** The session gate: who is asking, looked up at most once per request. For server components, actions and routes. */
export const currentSession: () => Promise<SessionState> = cache(async () =>
  sessionOf(db(), (await headers()).get("cookie")),
);
