import { NextRequest } from "next/server";
import { handlers } from "@/auth";
import { problem, requestIdOf } from "@/lib/problem";
import { withBody } from "@/trpc/same-origin";

export const { GET } = handlers;

/** next-auth reads whatever comes to its end before it looks at any of it. */
export const POST = async (request: NextRequest): Promise<Response> => {
  const read = await withBody(request);
  if (read) return handlers.POST(new NextRequest(read));
  return problem("payload_too_large", "The request is too large.", { requestId: requestIdOf(request) });
};
