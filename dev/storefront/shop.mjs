// The shop's own script: what a brand would write by hand. Text reaches the page as text only, never as HTML.
const config = JSON.parse(document.getElementById("shop-config")?.textContent ?? "null");
const outcome = document.getElementById("outcome");
const SESSION = "northlight-session";

/** The visit's id: kept over reloads, so that opening an app again is the same use and costs nothing. */
function session() {
  const known = sessionStorage.getItem(SESSION);
  if (known) return known;
  const fresh = `sess-${crypto.randomUUID()}`;
  sessionStorage.setItem(SESSION, fresh);
  return fresh;
}

function showSession() {
  document.getElementById("session").textContent = session().slice(0, 13);
}

const chosenFrame = () => document.querySelector('input[name="frame"]:checked')?.value ?? "frame-halden";

/** One use of an app per visit: its request is remembered whole, because the same key must carry the same body. */
function requestFor(app) {
  const name = `${SESSION}:${session()}:${app}`;
  const known = sessionStorage.getItem(name);
  if (known) return known;
  const body = JSON.stringify({ app_id: app, session_id: session(), metadata: { product_id: chosenFrame() } });
  sessionStorage.setItem(name, body);
  return body;
}

async function consume(app) {
  const response = await fetch(`${config.appUrl}/api/v1/customer/tokens/consume`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${config.publicKey}`,
      "content-type": "application/json",
      "idempotency-key": `${session()}.${app}`,
    },
    body: requestFor(app),
    signal: AbortSignal.timeout(10_000),
  });
  const body = await response.json().catch(() => ({}));
  return { status: response.status, body };
}

const tokens = (count) => `${count} ${count === 1 ? "token" : "tokens"} used`;

function inWords(noun, { status, body }) {
  if (status === 200) return `${noun} opened. ${tokens(body.tokens_consumed)}.`;
  if (status === 402) return `${noun} is taking a break. Everything else in the shop works.`;
  if (status === 429) return `${noun} is busy. Try again in a moment.`;
  if (status === 503) return `${noun} cannot be reached just now. Try again in a moment.`;
  return `${noun} is not available here (${typeof body.code === "string" ? body.code : status}).`;
}

async function open(button) {
  if (button.getAttribute("aria-disabled") === "true") return;
  const { app, noun } = button.dataset;
  if (!config) {
    outcome.textContent = `${noun} is not connected yet. Reload when the stack is up.`;
    return;
  }
  button.setAttribute("aria-disabled", "true");
  outcome.textContent = "Opening…";
  try {
    let answer = await consume(app);
    // Lost on the way: asking again under the same key tells what happened and cannot cost twice.
    if (answer.body.code === "outcome_unknown") answer = await consume(app);
    outcome.textContent = inWords(noun, answer);
  } catch {
    outcome.textContent = `${noun} cannot be reached. The shop goes on without it.`;
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

for (const button of document.querySelectorAll("button[data-app]")) {
  button.addEventListener("click", () => open(button));
}
document.getElementById("new-shopper").addEventListener("click", () => {
  sessionStorage.clear();
  showSession();
  outcome.textContent = "A new shopper has come in.";
});
document.getElementById("add").addEventListener("click", () => {
  document.getElementById("basket").textContent = "One frame in your basket.";
});
showSession();
