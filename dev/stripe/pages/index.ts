import type { Desk } from "../desk";
import { missing } from "../failure";
import { checkoutPage, type Form, type PageAnswer, submitCheckout } from "./checkout";
import { homePage } from "./home";

export type Answer = PageAnswer | { status: 200; pdf: Buffer; disposition: string };

/** The page at an address, or what comes of a form sent there. */
export function runPage(desk: Desk, method: string, url: URL, form: Form): Answer {
  const { world } = desk;
  const [, room = "", id = ""] = url.pathname.split("/");
  if (room === "" && method === "GET") return homePage(desk);
  if (room === "checkout") {
    const session = world.store.get("checkout.session", id);
    return method === "POST" ? submitCheckout(world, session, form) : checkoutPage(world, session);
  }
  throw missing("page", url.pathname);
}
