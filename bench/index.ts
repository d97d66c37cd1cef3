import { edge } from "./edge";
import type { Figure } from "./figure";

/** Groups of figures, by the first part of their names. */
const GROUPS: Record<string, () => Promise<Figure[]>> = { edge };

/** `npm run -s bench -- [group…]`: one JSON line per figure. Minutes, on an otherwise idle machine. */
const asked = process.argv.slice(2);
const unknown = asked.filter((group) => !(group in GROUPS));
if (unknown.length > 0) {
  console.error(`There is no group ${unknown.join(", ")}. There are ${Object.keys(GROUPS).join(", ")}.`);
  process.exitCode = 2;
} else {
  for (const [group, measure] of Object.entries(GROUPS)) {
    if (asked.length > 0 && !asked.includes(group)) continue;
    for (const figure of await measure()) console.log(JSON.stringify(figure));
  }
}
