import { confirmSetup } from "../api/setup-intents";
import { charge } from "../charging";
import { settleIntent } from "../paying";
import { idOf } from "../store";
import type { World } from "../world";
import type { Form } from "./card-form";
import type { PageAnswer } from "./checkout";
import { document, html, money } from "./html";

/** The bank's question about a payment or a card that is to be saved, and the answer to it. */
export function authenticate(world: World, id: string, form: Form): PageAnswer {
  const payment = world.store.find("payment_intent", id);
  const intent = payment ?? world.store.get("setup_intent", id);
  const back = intent.next_action?.redirect_to_url?.return_url;
  if (form.answer === undefined)
    return {
      status: 200,
      html: document(
        "3-D Secure",
        html`<main class="narrow"><h1>Your bank asks</h1>
<p>${payment ? `Do you want to pay ${money(payment.amount)} to VARAi?` : "May VARAi charge this card later?"}</p>
<form method="post" class="panel"><button class="main" name="answer" value="approve">Approve</button>
<button name="answer" value="refuse">Refuse</button></form></main>`,
      ),
    };
  const approved = form.answer === "approve" && intent.status === "requires_action";
  if (!approved) {
    if (intent.status === "requires_action" && payment) {
      world.change(payment, { status: "requires_payment_method", next_action: null, payment_method: null });
      world.emit("payment_intent.payment_failed", payment);
    }
  } else if (payment) {
    const method = world.store.get("payment_method", idOf(payment.payment_method) ?? "");
    if (charge(world, payment, { method, offSession: false, authenticated: true }).status === "succeeded")
      settleIntent(world, payment);
  } else if (intent.object === "setup_intent") confirmSetup(world, intent, { authenticated: true });
  if (!back) return { status: 200, html: document("3-D Secure", html`<main class="narrow"><h1>Done</h1></main>`) };
  const to = new URL(back);
  to.searchParams.set(intent.object, intent.id);
  to.searchParams.set("redirect_status", intent.status === "succeeded" ? "succeeded" : "failed");
  return { status: 303, location: to.href };
}
