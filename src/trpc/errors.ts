import { TRPCError } from "@trpc/server";
import { ZodError } from "zod";
import { describeError } from "@/auth/describe-error";
import { isDatabaseAway, isUnstorable } from "@/lib/database-away";
import { type FieldIssue, type ProblemCode, Refusal } from "@/lib/errors";
import { logger } from "@/lib/logger";
import { wrongValue } from "@/lib/wrong-value";

type TrpcCode = TRPCError["code"];

/** What went wrong, in a closed list: the API's problem codes, and two that only a signed-in page meets. */
export type TrpcProblem = ProblemCode | "signed_out" | "database_unavailable";

const BY_STATUS: Readonly<Record<number, TrpcCode>> = {
  400: "BAD_REQUEST",
  401: "UNAUTHORIZED",
  402: "PAYMENT_REQUIRED",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  405: "METHOD_NOT_SUPPORTED",
  409: "CONFLICT",
  413: "PAYLOAD_TOO_LARGE",
  415: "UNSUPPORTED_MEDIA_TYPE",
  422: "UNPROCESSABLE_CONTENT",
  429: "TOO_MANY_REQUESTS",
  503: "SERVICE_UNAVAILABLE",
};

/** An error whose message we wrote for the caller. No other error's message leaves the process. */
export class PublicError extends TRPCError {
  readonly problem: TrpcProblem;
  readonly fields: readonly FieldIssue[] | undefined;
  /** Under which the log has the rest. */
  readonly errorId: string | undefined;

  constructor(
    code: TrpcCode,
    problem: TrpcProblem,
    message: string,
    more: { fields?: readonly FieldIssue[]; errorId?: string } = {},
  ) {
    super({ code, message });
    this.problem = problem;
    this.fields = more.fields;
    this.errorId = more.errorId;
  }
}

export const signedOut = (): PublicError => new PublicError("UNAUTHORIZED", "signed_out", "Sign in to go on.");
export const notAllowed = (): PublicError =>
  new PublicError("FORBIDDEN", "forbidden", "Your role in this brand does not allow that.");
export const nothingThere = (): PublicError => new PublicError("NOT_FOUND", "not_found", "There is no such procedure.");
export const databaseAway = (): PublicError =>
  new PublicError(
    "SERVICE_UNAVAILABLE",
    "database_unavailable",
    "The database cannot be reached at the moment. Nothing was changed; try again shortly.",
  );

/** The one place where an error becomes what a caller may see. */
export function toPublicError(error: unknown): PublicError {
  if (error instanceof PublicError) return error;
  const cause = error instanceof TRPCError && error.cause !== undefined ? error.cause : error;
  if (cause instanceof PublicError) return cause;
  if (cause instanceof Refusal) {
    const more = cause.fields ? { fields: cause.fields } : {};
    return new PublicError(BY_STATUS[cause.status] ?? "BAD_REQUEST", cause.code, cause.message, more);
  }
  if (error instanceof TRPCError && error.code === "BAD_REQUEST" && cause instanceof ZodError) return badInput(cause);
  if (isDatabaseAway(cause)) return databaseAway();
  if (isUnstorable(cause)) {
    return new PublicError("BAD_REQUEST", "invalid_request", "A text holds a character that cannot be kept.");
  }
  if (error instanceof TRPCError) {
    // The framework's own refusals, in our words: its messages quote parsers and paths.
    if (error.code === "NOT_FOUND") return nothingThere();
    if (error.code === "METHOD_NOT_SUPPORTED") {
      return new PublicError(
        "METHOD_NOT_SUPPORTED",
        "method_not_allowed",
        "Use POST to change something, GET to read.",
      );
    }
    if (error.code === "UNSUPPORTED_MEDIA_TYPE") {
      return new PublicError("UNSUPPORTED_MEDIA_TYPE", "unsupported_media_type", "Send JSON.");
    }
    if (error.code === "PARSE_ERROR" || error.code === "BAD_REQUEST") {
      return new PublicError("BAD_REQUEST", "invalid_request", "The request cannot be read.");
    }
  }
  const errorId = crypto.randomUUID();
  logger.error({ errorId, error: describeError(cause) }, "a procedure failed");
  return new PublicError("INTERNAL_SERVER_ERROR", "internal_error", "Something went wrong on our side.", { errorId });
}

/** How the library's own findings begin, which are told in our words; a schema's own words stand. */
const LIBRARYS =
  /^(?:Too (?:small|big)|Invalid (?:input|option|key|element|string)|Unrecognized key|Invalid [\w .-]+$)/;

function badInput(error: ZodError): PublicError {
  const fields = error.issues.map((issue) => {
    const path = issue.path.map(String).join(".");
    if (!LIBRARYS.test(issue.message)) return { path, message: issue.message };
    // What was sent is not kept with the finding, but whether anything was is.
    const input = issue.message.endsWith("received undefined") ? undefined : null;
    const told = wrongValue({ ...issue, input } as Parameters<typeof wrongValue>[0]);
    return { path, message: typeof told === "string" ? told : "does not fit" };
  });
  const message = fields
    .map(({ path, message }) => (path ? `${path}: ${message}` : message).replace(/\.$/, ""))
    .join("; ");
  return new PublicError("BAD_REQUEST", "invalid_request", message.slice(0, 1_000), { fields });
}
