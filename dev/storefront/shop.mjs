// The shop's own script: what a brand would write by hand. Text reaches the page as text only, never as HTML.
const outcome = document.getElementById("outcome");

const tokens = (count) => `${count} ${count === 1 ? "token" : "tokens"} used`;

function whyNot(noun, reason) {
  if (reason === "insufficient_tokens" || reason === "spend_cap_reached") {
    return `${noun} is taking a break. Everything else in the shop works.`;
  }
  if (reason === "rate_limited") return `${noun} is busy. Try again in a moment.`;
  if (reason === "unreachable") return `${noun} cannot be reached. The shop goes on without it.`;
  return `${noun} is not available here (${reason}).`;
}

const say = (event, words) => {
  outcome.textContent = words(event.target.dataset.noun ?? "The app", event.detail);
};
addEventListener("varai:open", (event) => say(event, (noun, { tokens: spent }) => `${noun} opened. ${tokens(spent)}.`));
addEventListener("varai:unavailable", (event) => say(event, (noun, { reason }) => whyNot(noun, reason)));
addEventListener("varai:result", (event) =>
  say(event, (noun, { result }) =>
    result.action === "choose"
      ? `${noun}: ${result.name} chosen.`
      : `${noun}: ${result.pd_mm} mm (${result.low_mm}–${result.high_mm}).`,
  ),
);

document.getElementById("new-shopper").addEventListener("click", () => {
  sessionStorage.clear();
  outcome.textContent = "A new shopper has come in.";
});
document.getElementById("add").addEventListener("click", ({ target }) => {
  // Counted for the apps that were opened in this visit; where ours has not loaded, it waits in the list.
  window.varai ??= [];
  window.varai.push((api) => api.cart?.(target.dataset.sku));
  document.getElementById("basket").textContent = "One frame in your basket.";
});
