import type { z } from "zod";
import type { Scope } from "@/features/keys/rules";
import type { ProblemCode } from "@/lib/errors";

/** One operation of the public API: what the document and the reference page say of it. */
export interface Operation {
  readonly method: "get" | "post" | "put" | "delete";
  /** As Next writes it, with `[id]` for what stands in the path. */
  readonly path: string;
  /** Unique; what a generated client calls it. */
  readonly id: string;
  readonly tag: "Tokens" | "Apps" | "Products" | "Billing";
  readonly summary: string;
  readonly description: string;
  /** Null for anyone. */
  readonly key: { readonly kinds: "secret" | "any"; readonly scope: Scope } | null;
  /** What `[id]` is. */
  readonly idIs?: string;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** Whether `Idempotency-Key` may be sent. */
  readonly idempotent?: boolean;
  /** What it answers, by status. */
  readonly answers: Readonly<Record<number, z.ZodType>>;
  /** Whether the first of these comes as CSV too. */
  readonly csv?: boolean;
  /** The problems of its own, beside those that every operation may have. */
  readonly problems: readonly ProblemCode[];
}

/** What a call from a server with a secret key may be refused for, whatever it asks. */
export const BY_SERVER: readonly ProblemCode[] = ["secret_key_in_browser", "forbidden", "insufficient_scope"];
