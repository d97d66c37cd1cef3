import { methodNotAllowed } from "@/lib/problem";
import { postStripeWebhook } from "@/rest/v1/billing";

const refused = methodNotAllowed("POST");

export {
  postStripeWebhook as POST,
  refused as DELETE,
  refused as GET,
  refused as OPTIONS,
  refused as PATCH,
  refused as PUT,
};
