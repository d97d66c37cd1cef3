import { limited, router, withPermission } from "@/trpc/procedures";
import { sendTest } from "../webhook-delivery/service";
import {
  createEndpointInput,
  deliveriesInput,
  deliveryInput,
  endpointInput,
  setEnabledInput,
  updateEndpointInput,
} from "./contract";
import { deliveriesOf, deliveryOf, endpointOf, viewsOf } from "./queries";
import { createEndpoint, removeEndpoint, replay, rotateSecret, setEnabled, updateEndpoint } from "./service";

const read = withPermission("webhooks:read");
const write = withPermission("webhooks:write");

export const webhooksRouter = router({
  /** The brand's endpoints, with what came of the last week. */
  list: read.query(async ({ ctx: { scope } }) => ({ endpoints: await viewsOf(scope) })),
  endpoint: read.input(endpointInput).query(({ ctx: { scope }, input }) => endpointOf(scope, input.id)),
  /** What went to an endpoint, in pages; found by status, type and words. */
  deliveries: read.input(deliveriesInput).query(({ ctx: { scope }, input }) => deliveriesOf(scope, input)),
  /** One of them, with its body and every attempt. */
  delivery: read.input(deliveryInput).query(({ ctx: { scope }, input }) => deliveryOf(scope, input.id)),
  /** Shows the secret, this once. */
  create: write.input(createEndpointInput).mutation(({ ctx: { scope }, input }) => createEndpoint(scope, input)),
  update: write.input(updateEndpointInput).mutation(({ ctx: { scope }, input }) => updateEndpoint(scope, input)),
  setEnabled: write.input(setEnabledInput).mutation(({ ctx: { scope }, input }) => setEnabled(scope, input)),
  remove: write.input(endpointInput).mutation(({ ctx: { scope }, input }) => removeEndpoint(scope, input)),
  /** Shows the new secret, this once; the one before goes on for a day. */
  rotateSecret: write.input(endpointInput).mutation(({ ctx: { scope }, input }) => rotateSecret(scope, input)),
  /** Sends a test event and waits for what comes back. */
  test: limited("webhooks:write", "trial")
    .input(endpointInput)
    .mutation(({ ctx: { scope }, input }) => sendTest(scope, input)),
  replay: write.input(deliveryInput).mutation(({ ctx: { scope }, input }) => replay(scope, { id: input.id })),
  /** Sends all that were given up again. */
  replayFailed: write
    .input(endpointInput)
    .mutation(({ ctx: { scope }, input }) => replay(scope, { endpointId: input.id })),
});
