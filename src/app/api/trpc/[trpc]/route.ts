import { serveTrpc } from "@/trpc/http";

const serve = (request: Request): Promise<Response> => serveTrpc(request);

export { serve as GET, serve as POST };
