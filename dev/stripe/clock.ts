import { expireSession } from "./checkout";
import { type Due, dueOfInvoice, dueOfSubscription } from "./renewals";
import { idOf } from "./store";
import type { World } from "./world";

/** Everything that lies ahead of those who live by a clock. */
function ahead(world: World, clock: string | null): Due[] {
  const { store } = world;
  const mine = (of: { test_clock: unknown }): boolean => (idOf(of.test_clock as string | null) ?? null) === clock;
  return [
    ...store
      .all("invoice")
      .filter(mine)
      .flatMap((one) => dueOfInvoice(world, one)),
    ...store
      .all("subscription")
      .filter(mine)
      .flatMap((one) => dueOfSubscription(world, one)),
    ...store
      .all("checkout.session")
      .filter((one) => one.status === "open" && world.clockOf(one.customer) === clock)
      .map((one) => ({ at: one.expires_at, run: () => void expireSession(world, one) })),
  ];
}

/** Lets everything happen that is due until `to`, each at its time and in that order, and sets the clock to `to`. */
export function advance(world: World, clock: string | null, to: number): void {
  const frozen = clock === null ? undefined : world.store.get("test_helpers.test_clock", clock);
  const set = (at: number): void => {
    if (at <= world.now(clock)) return;
    if (frozen) frozen.frozen_time = at;
    else world.store.offset += at - world.now();
    world.store.onChange();
  };
  for (;;) {
    const next = ahead(world, clock).reduce<Due | undefined>(
      (first, one) => (one.at <= to && (first === undefined || one.at < first.at) ? one : first),
      undefined,
    );
    if (!next) break;
    set(next.at);
    next.run();
  }
  set(to);
}

/** What the passing of time brings to those without a test clock. */
export const tick = (world: World): void => advance(world, null, world.now());
