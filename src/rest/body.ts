import type { z } from "zod";
import { fromRequest, readRequest } from "@/features/metering/http/rules";
import { Refusal } from "@/lib/errors";

/**
 * Reads a request's JSON body by its contract; no body at all is an empty object.
 * @throws Refusal `payload_too_large`, `unsupported_media_type`, `invalid_request` that names the fields
 */
export async function readBody<T extends z.ZodType>(request: Request, contract: T): Promise<z.output<T>> {
  const read = await readRequest(fromRequest(request), contract, true);
  if ("code" in read) throw new Refusal(read.code, read.detail, read.errors ? { fields: read.errors } : {});
  return read.body as z.output<T>;
}
