import { getFrame } from "@/rest/widget/frame";

type Context = { readonly params: Promise<{ readonly slug: string }> };

export const GET = async (request: Request, { params }: Context): Promise<Response> =>
  getFrame(request, (await params).slug);
