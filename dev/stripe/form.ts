/** What a form says before anybody looks at it: texts, in objects and lists. */
export type FormValue = string | FormValue[] | { [name: string]: FormValue };

interface Branch {
  [name: string]: string | Branch;
}

const MAY_NOT = new Set(["__proto__", "constructor", "prototype"]);

/** Reads `a[b][0]=c`, as Stripe's libraries send it, into nested objects and lists. */
export function readForm(text: string): Record<string, FormValue> {
  const root: Branch = Object.create(null) as Branch;
  for (const [name, value] of new URLSearchParams(text)) {
    const [first = "", ...rest] = name.split("[").map((part, at) => (at === 0 ? part : part.replace(/\]$/, "")));
    const path = [first, ...rest];
    if (path.some((part) => MAY_NOT.has(part))) continue;
    let at = root;
    for (const [depth, part] of path.entries()) {
      // `a[]=x` appends.
      const key = part === "" && depth > 0 ? String(Object.keys(at).length) : part;
      if (depth === path.length - 1) {
        at[key] = value;
        break;
      }
      const next = at[key];
      if (typeof next === "object") at = next;
      else {
        const made: Branch = Object.create(null) as Branch;
        at[key] = made;
        at = made;
      }
    }
  }
  return Object.fromEntries(Object.entries(root).map(([name, value]) => [name, listsIn(value)]));
}

/** Objects whose names are 0, 1, 2, … are lists. */
function listsIn(value: string | Branch): FormValue {
  if (typeof value === "string") return value;
  const names = Object.keys(value);
  if (names.length > 0 && names.every((name) => /^\d+$/.test(name)))
    return names.sort((a, b) => Number(a) - Number(b)).map((name) => listsIn(value[name] ?? ""));
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, listsIn(inner)]));
}
