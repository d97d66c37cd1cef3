import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { CHOOSABLE, EVENT_NAMES, EVENTS, envelope } from "./contract";

it("every event stands in the guide, with when it is told and each of its fields", () => {
  const guide = readFileSync("docs/guides/webhooks.md", "utf8");
  const rows = guide.split("\n").filter((line) => /^\| `[a-z]+\.[a-z_]+` \|/.test(line));
  expect(rows).toEqual(
    EVENT_NAMES.map((name) => {
      const fields = Object.keys(EVENTS[name].data.shape).map((field) => `\`${field}\``);
      return `| \`${name}\` | ${EVENTS[name].when} | ${fields.join(", ")} |`;
    }),
  );
});

it("the guide's example is an event as it would arrive", () => {
  const guide = readFileSync("docs/guides/webhooks.md", "utf8");
  const event = envelope.parse(JSON.parse(/```json\n([\s\S]*?)```/.exec(guide)?.[1] ?? ""));
  expect(EVENTS[event.type].data.parse(event.data)).toEqual(event.data);
});

it("a test cannot be chosen: it goes to whoever asks for it", () => {
  expect(CHOOSABLE).not.toContain("webhook.test");
  expect(CHOOSABLE).toHaveLength(EVENT_NAMES.length - 1);
});
