type Props = Readonly<Record<string, string | boolean | ((event: Event) => void) | undefined>>;
type Child = Node | string | null | undefined | false;

/** An element with attributes, listeners (`onclick: …`) and children. Text goes in as text: nothing here parses HTML. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else if (value !== undefined) element.setAttribute(name, value);
  }
  element.append(
    ...children.filter((child): child is Node | string => typeof child === "string" || child instanceof Node),
  );
  return element;
}

/** The same for SVG. */
export function svg(tag: string, props: Readonly<Record<string, string>> = {}, ...children: Node[]): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(props)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Shows one view in place of another and puts the reader at its heading, so that what is new is read out. */
export function show(root: HTMLElement, ...view: Child[]): void {
  root.replaceChildren(...view.filter((child): child is Node | string => Boolean(child)));
  root.removeAttribute("aria-busy");
  const heading = root.querySelector<HTMLElement>("h1");
  heading?.setAttribute("tabindex", "-1");
  // In the configure page's preview the keyboard is in the form beside it, and stays there.
  if (!new URLSearchParams(location.search).has("preview")) heading?.focus({ preventScroll: true });
}
