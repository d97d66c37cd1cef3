import type { z } from "zod";
import { Refusal } from "@/lib/errors";
import { wrongValue } from "@/lib/wrong-value";

/**
 * Reads a request's query by its contract.
 * @throws Refusal `invalid_request` that names the field
 */
export function readQuery<T extends z.ZodType>(request: Request, contract: T): z.output<T> {
  const read = contract.safeParse(Object.fromEntries(new URL(request.url).searchParams), { error: wrongValue });
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  const path = issue?.path.join(".");
  throw new Refusal(
    "invalid_request",
    path ? `${path}: ${issue?.message}` : (issue?.message ?? "The query does not fit."),
  );
}
