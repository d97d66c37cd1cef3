import type Stripe from "stripe";
import { idOf } from "./store";
import type { World } from "./world";

/** The schedule a subscription follows, while it does. */
export function scheduleOf(world: World, subscription: Stripe.Subscription): Stripe.SubscriptionSchedule | undefined {
  const id = idOf(subscription.schedule);
  const schedule = id === undefined ? undefined : world.store.find("subscription_schedule", id);
  return schedule?.status === "active" ? schedule : undefined;
}

/** What a schedule has for the period that begins at `start`: another price, the end, or nothing new. */
export function phaseAt(
  world: World,
  subscription: Stripe.Subscription,
  start: number,
): { price: Stripe.Price; quantity: number } | "cancel" | undefined {
  const schedule = scheduleOf(world, subscription);
  if (!schedule) return undefined;
  const phase = schedule.phases.find((one) => one.start_date <= start && start < one.end_date);
  if (!phase) return schedule.end_behavior === "cancel" ? "cancel" : undefined;
  const [item] = phase.items;
  const price = world.store.find("price", idOf(item?.price) ?? "");
  return price && { price, quantity: item?.quantity ?? 1 };
}

/** A new phase has begun; the last one lets the subscription go on by itself when it is over. */
export function enterPhase(world: World, subscription: Stripe.Subscription, start: number): void {
  const schedule = scheduleOf(world, subscription);
  const phase = schedule?.phases.find((one) => one.start_date <= start && start < one.end_date);
  if (!schedule || !phase) return;
  world.change(
    schedule,
    { current_phase: { start_date: phase.start_date, end_date: phase.end_date } },
    "subscription_schedule.updated",
  );
}

/** The subscription goes on by itself, as it is. */
export function releaseSchedule(world: World, schedule: Stripe.SubscriptionSchedule): Stripe.SubscriptionSchedule {
  const subscription = world.store.find("subscription", idOf(schedule.subscription) ?? "");
  const now = world.nowFor(schedule.customer);
  world.change(schedule, {
    status: "released",
    released_at: now,
    released_subscription: subscription?.id ?? null,
    subscription: null,
    current_phase: null,
  });
  world.emit("subscription_schedule.released", schedule);
  if (subscription) world.change(subscription, { schedule: null }, "customer.subscription.updated");
  return schedule;
}
