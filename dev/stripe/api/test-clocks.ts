import type Stripe from "stripe";
import { z } from "zod";
import { advance } from "../clock";
import { invalid } from "../failure";
import { expand, int, plainPaging, retrieving, takes, text } from "../params";
import { page, route } from "../route";
import { newId } from "../store";

const creating = takes<Stripe.TestHelpers.TestClockCreateParams>()({ frozen_time: int, name: text.optional(), expand });
const advancing = takes<Stripe.TestHelpers.TestClockAdvanceParams>()({ frozen_time: int, expand });
const MONTH = 31 * 86_400;

export const testClockRoutes = [
  route("POST /v1/test_helpers/test_clocks", "TestHelpers.TestClockCreateParams", creating, (world, given) => {
    const clock = world.store.add("test_helpers.test_clock", {
      id: newId("test_helpers.test_clock"),
      object: "test_helpers.test_clock",
      created: world.now(),
      deletes_after: world.now() + MONTH,
      frozen_time: given.frozen_time,
      livemode: false,
      name: given.name ?? null,
      status: "ready",
      status_details: {},
    });
    world.emit("test_helpers.test_clock.created", clock);
    return clock;
  }),
  route(
    "GET /v1/test_helpers/test_clocks",
    "TestHelpers.TestClockListParams",
    z.strictObject(plainPaging),
    (world, given) => page(world.store.all("test_helpers.test_clock"), given, "/v1/test_helpers/test_clocks"),
  ),
  route(
    "GET /v1/test_helpers/test_clocks/:id",
    "TestHelpers.TestClockRetrieveParams",
    retrieving,
    (world, _, id = "") => world.store.get("test_helpers.test_clock", id),
  ),
  route(
    "POST /v1/test_helpers/test_clocks/:id/advance",
    "TestHelpers.TestClockAdvanceParams",
    advancing,
    (world, given, id = "") => {
      const clock = world.store.get("test_helpers.test_clock", id);
      if (given.frozen_time <= clock.frozen_time)
        throw invalid("The new frozen time must be after the current frozen time.", "frozen_time");
      world.change(clock, { status: "advancing" });
      world.emit("test_helpers.test_clock.advancing", clock);
      // Stripe takes a while and says so; here it is done when the answer goes out, and the next look finds it ready.
      const answer = {
        ...clock,
        frozen_time: given.frozen_time,
        status_details: { advancing: { target_frozen_time: given.frozen_time } },
      };
      advance(world, clock.id, given.frozen_time);
      world.change(clock, { status: "ready" });
      world.emit("test_helpers.test_clock.ready", clock);
      return answer;
    },
  ),
  route(
    "DELETE /v1/test_helpers/test_clocks/:id",
    "TestHelpers.TestClockDeleteParams",
    z.strictObject({}),
    (world, _, id = "") => {
      const clock = world.store.get("test_helpers.test_clock", id);
      world.emit("test_helpers.test_clock.deleted", clock);
      for (const one of world.store.all("customer")) if (one.test_clock === id) world.store.remove("customer", one.id);
      for (const one of world.store.all("subscription"))
        if (one.test_clock === id) world.store.remove("subscription", one.id);
      for (const one of world.store.all("invoice")) if (one.test_clock === id) world.store.remove("invoice", one.id);
      world.store.remove("test_helpers.test_clock", id);
      return { id, object: "test_helpers.test_clock", deleted: true };
    },
  ),
];
