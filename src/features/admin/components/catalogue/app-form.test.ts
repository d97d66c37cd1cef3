import { expect, it } from "vitest";
import { formatDay } from "@/components/format";
import type { AppFields } from "../../catalogue/contract";
import { formOf, newEntry, readForm, shownOf } from "./app-form";

const published: AppFields = {
  name: "Try-on",
  description: "Shows a frame on a face.",
  about: "Shows a frame on the face of a shopper.",
  features: ["Live camera"],
  status: "available",
  tokenCost: 5,
  pricingTier: "starter",
  changelog: [{ version: "1.0.0", date: "2026-01-05", notes: "The first one." }],
};

it("a form that was just begun says what is published", () => {
  expect(readForm(formOf(published))).toEqual({ fields: published, wrong: null });
  expect(shownOf(formOf(published), published)).toEqual(published);
});

it("what is half typed is shown as far as it can be drawn: a day that was cleared is none", () => {
  const form = formOf(published);
  const [first] = form.changelog;
  const cleared = first && { ...first, date: "" };
  const typed = { ...form, tokenCost: "", changelog: [newEntry("2026-02-01"), ...(cleared ? [cleared] : [])] };
  const shown = shownOf(typed, published);
  expect(shown.tokenCost).toBe(5);
  expect(shown.changelog.map(({ date }) => formatDay(date, "UTC"))).toEqual([]);
  expect(readForm(typed).wrong).toMatchObject({ changelog: expect.any(String), tokenCost: expect.any(String) });
});
