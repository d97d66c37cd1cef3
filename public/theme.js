// Runs before the first paint, so that a page does not flash in the other theme. A file and not a script within the page,
// because the page's policy runs no such script unless it carries the visit's nonce, and a page that is the same for
// everybody has none. The choice is what next-themes keeps (src/components/theme.tsx).
try {
  const chosen = localStorage.getItem("theme");
  const dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.classList.add(dark ? "dark" : "light");
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
} catch {
  // Storage is closed to us: the page is light until it has loaded.
}
