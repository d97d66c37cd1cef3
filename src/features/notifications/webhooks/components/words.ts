import type { Tone } from "@/components/badge";
import { CHOOSABLE, EVENTS, type EventName } from "../../webhook-catalogue/contract";
import type { DeliveryStatus, EndpointView } from "../contract";

/** The events of the catalogue by their groups, in its order. */
export const GROUPS: readonly (readonly [group: string, events: readonly EventName[]])[] = Object.entries(
  Object.groupBy(CHOOSABLE, (name) => EVENTS[name].group),
).map(([group, events]) => [group, events ?? []]);

export const DELIVERY_WORDS: Readonly<Record<DeliveryStatus, { readonly name: string; readonly tone: Tone }>> = {
  pending: { name: "Waiting", tone: "soon" },
  delivered: { name: "Delivered", tone: "done" },
  failed: { name: "Given up", tone: "stopped" },
};

/** How an endpoint stands, in a word and a sentence. */
export function standingOf(endpoint: EndpointView): { name: string; tone: Tone; why: string | null } {
  if (endpoint.disabledReason === "gone")
    return { name: "Turned off", tone: "stopped", why: "Your receiver answered 410: it wants no more of them." };
  if (endpoint.disabledReason === "failing")
    return { name: "Turned off", tone: "stopped", why: "Nothing got through for three days." };
  if (!endpoint.enabled) return { name: "Off", tone: "neutral", why: null };
  if (endpoint.failingSince) return { name: "Failing", tone: "soon", why: "The last attempt did not get through." };
  return { name: "On", tone: "done", why: null };
}

/** What an endpoint is told of, in a few words. */
export const choiceOf = ({ events }: Pick<EndpointView, "events">): string =>
  events === null ? "All events" : events.length === 1 ? (events[0] ?? "") : `${events.length} events`;

/** A body as people read it; to the byte where it is no JSON. */
export function readable(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
