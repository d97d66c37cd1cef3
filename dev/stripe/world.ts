import type Stripe from "stripe";
import type { EventType } from "./event-types";
import type { Kind, Kinds, Store } from "./store";
import { idOf, newId } from "./store";

export const API_VERSION = "2026-10-28.endive";

/** How many events are kept; Stripe keeps them for a month. */
const MOST_EVENTS = 10_000;

/** What an account's owner chooses in Stripe's dashboard. */
export interface Settings {
  /** Days after the first failure on which a renewal is tried again. */
  retryDays: number[];
  /** What becomes of a subscription after the last try. */
  afterRetries: "cancel" | "unpaid" | "past_due";
  /** How long before the end of a period its invoice is announced. */
  upcomingDays: number;
}

export const SETTINGS: Settings = { retryDays: [1, 3, 5, 7], afterRetries: "cancel", upcomingDays: 7 };

/** One stand-in: what it knows, what time it is there, and whom it tells. */
export class World {
  /** The request whose doing this is; undefined for what the clock does. */
  request: { id: string; idempotencyKey: string | null } | undefined;
  settings: Settings = { ...SETTINGS };
  /** Told of each event once it is kept. */
  onEvent: (event: Stripe.Event) => void = () => {};
  /** What a paid invoice sets free: a change that waited for it. */
  onPaid: (world: World, subscription: Stripe.Subscription, invoice: Stripe.Invoice) => void = () => {};
  /** The next invoice of a subscription, as it would be. */
  previewOf: (world: World, subscription: Stripe.Subscription) => Stripe.Invoice = () => {
    throw new Error("No previews yet");
  };
  /** Where its pages are. */
  url = "http://localhost";

  constructor(readonly store: Store) {}

  /** Seconds, on the test clock of that name or on the common one. */
  now(clock?: string | null): number {
    const frozen = clock ? this.store.find("test_helpers.test_clock", clock)?.frozen_time : undefined;
    return frozen ?? Math.floor(Date.now() / 1000) + this.store.offset;
  }

  /** The test clock a customer lives by. */
  clockOf(customer: Stripe.Subscription["customer"] | null | undefined): string | null {
    const id = idOf(customer);
    return (id && idOf(this.store.find("customer", id)?.test_clock)) || null;
  }

  nowFor(customer: Stripe.Subscription["customer"] | null | undefined): number {
    return this.now(this.clockOf(customer));
  }

  /** Keeps an event with a copy of the object as it is now, and tells. `before` holds the former values of what changed. */
  emit(type: EventType, object: unknown, before?: Record<string, unknown>): Stripe.Event {
    const about = object as { customer?: Stripe.Subscription["customer"]; test_clock?: string | null };
    const clock = idOf(about.test_clock) ?? this.clockOf(about.customer);
    const event = {
      id: newId("event"),
      object: "event",
      api_version: API_VERSION,
      created: this.now(clock),
      data: {
        object: JSON.parse(JSON.stringify(object)) as object,
        ...(before && { previous_attributes: JSON.parse(JSON.stringify(before)) as object }),
      },
      livemode: false,
      pending_webhooks: 0,
      request: this.request
        ? { id: this.request.id, idempotency_key: this.request.idempotencyKey }
        : { id: null, idempotency_key: null },
      type,
    } as Stripe.Event;
    this.store.add("event", event);
    this.store.forgetOldest("event", MOST_EVENTS);
    this.onEvent(event);
    return event;
  }

  /** Changes a thing and says so, if anything is different after. */
  change<K extends Kind>(thing: Kinds[K], changes: Partial<Kinds[K]>, event?: EventType): Kinds[K] {
    const before: Record<string, unknown> = {};
    const now = thing as unknown as Record<string, unknown>;
    for (const [name, value] of Object.entries(changes)) {
      if (JSON.stringify(now[name]) === JSON.stringify(value)) continue;
      before[name] = now[name] ?? null;
      now[name] = value;
    }
    if (Object.keys(before).length === 0) return thing;
    this.store.onChange();
    if (event) this.emit(event, thing, before);
    return thing;
  }
}
