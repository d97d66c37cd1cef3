import { drain } from "./drain";
import { edge } from "./edge";
import type { Group } from "./figure";
import { loader } from "./loader";
import { meter } from "./meter";

/** Groups of figures, by the first part of their names. */
const GROUPS: Record<string, Group> = { meter, drain, edge, loader };

/** `npm run -s bench -- [group or figure…]`: one JSON line per figure. Minutes, on an otherwise idle machine. */
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name.replace(/\..*$/, "") in GROUPS));
if (unknown.length > 0) {
  console.error(`There is no group ${unknown.join(", ")}. There are ${Object.keys(GROUPS).join(", ")}.`);
  process.exitCode = 2;
} else {
  for (const [group, measure] of Object.entries(GROUPS)) {
    const names = asked.filter((name) => name === group || name.startsWith(`${group}.`));
    if (asked.length > 0 && names.length === 0) continue;
    const all = asked.length === 0 || names.includes(group);
    for await (const figure of measure((...figures) => all || figures.some((name) => names.includes(name))))
      console.log(JSON.stringify(figure));
  }
}
