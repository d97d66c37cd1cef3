import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import { expect } from "@playwright/test";
import { test } from "./journey";
import { element, eventsOf, frameOf, line, shopWith } from "./shop";
import { expectAccessible } from "./stack";

/** PD Calculator with photos, good and bad, by hand, by keyboard and on a phone. */

const FACE = join(import.meta.dirname, "fixtures/face.jpg");
const open = async (page: import("@playwright/test").Page) => {
  await page.getByRole("button", { name: "Measure PD" }).click();
  const frame = frameOf(page);
  await expect(frame.getByRole("heading", { level: 1 })).toBeVisible();
  return frame;
};
/** A PNG's first bytes: enough to say how large it claims to be. */
const pngHead = (width: number, height: number): Buffer => {
  const head = Buffer.from("89504e470d0a1a0a0000000d494844520000000000000000080000000000000000", "hex");
  head.writeUInt32BE(width, 16);
  head.writeUInt32BE(height, 20);
  head.writeUInt32BE(crc32(head.subarray(12, 29)), 29);
  return head;
};
/** A whole PNG, black all over. */
const blackPng = (width: number, height: number): Buffer => {
  const chunk = (name: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, check]);
  };
  const rows = deflateSync(Buffer.alloc((width + 1) * height));
  return Buffer.concat([pngHead(width, height), chunk("IDAT", rows), chunk("IEND", Buffer.alloc(0))]);
};

test("a photo gives a figure with its range, for the shop's form", async ({ page }) => {
  await shopWith(page, `${line()}<form><input type="hidden" name="pd_mm" value="">${element()}</form>`);
  const frame = await open(page);
  const chooser = page.waitForEvent("filechooser");
  await frame.getByRole("button", { name: "Choose a photo" }).click();
  await (await chooser).setFiles(FACE);
  await expect(frame.locator(".reading")).toHaveText(/^≈ (58|59|60) mm$/, { timeout: 60_000 });
  await frame.getByRole("button", { name: /^Use \d+ mm$/ }).click();
  await expect(page.getByRole("dialog")).toHaveCount(0);
  const [, result] = await eventsOf(page);
  expect(result?.[1]).toMatchObject({ app: "pd-calculator", result: { method: "iris", frames: 1 } });
  expect(await page.locator("input[name=pd_mm]").inputValue()).toMatch(/^(58|59|60)$/);
  expect((await eventsOf(page)).map(([type]) => type)).toEqual(["open", "result", "close"]);
});

test("a bank card's edges are marked by keyboard alone", async ({ page }) => {
  await shopWith(page, line() + element());
  const frame = await open(page);
  await frame.getByRole("button", { name: "Measure with a bank card" }).press("Enter");
  const chooser = page.waitForEvent("filechooser");
  await frame.getByRole("button", { name: "Choose a photo" }).press("Enter");
  await (await chooser).setFiles(FACE);
  const left = frame.getByRole("slider", { name: "Left edge of the card" });
  await expect(left).toBeVisible({ timeout: 60_000 });
  await expectAccessible(page);
  const where = async () => Number(await left.getAttribute("aria-valuenow"));
  const from = await where();
  await left.focus();
  await left.press("ArrowLeft");
  expect(await where()).toBeCloseTo(from - 0.2, 5);
  await left.press("Shift+ArrowRight");
  expect(await where()).toBeCloseTo(from + 1.8, 5);
  await left.press("Shift+ArrowLeft");
  // Where a marker stands at first is a guess, and nothing is measured by that.
  const measure = frame.getByRole("button", { name: "Measure", exact: true });
  await expect(measure).toBeDisabled();
  await frame.getByRole("slider", { name: "Right edge of the card" }).press("ArrowRight");
  await measure.press("Enter");
  await expect(frame.locator(".reading")).toHaveText(/^≈ \d\d mm$/);
  await expect(frame.getByText("Measured against a bank card, 85.60 mm wide.")).toBeVisible();
});

test("the edges can be dragged, and two on one spot are no card", async ({ page }) => {
  await shopWith(page, line() + element());
  const frame = await open(page);
  await frame.getByRole("button", { name: "Measure with a bank card" }).click();
  const chooser = page.waitForEvent("filechooser");
  await frame.getByRole("button", { name: "Choose a photo" }).click();
  await (await chooser).setFiles(FACE);
  const left = frame.getByRole("slider", { name: "Left edge of the card" });
  const right = frame.getByRole("slider", { name: "Right edge of the card" });
  await expect(left).toBeVisible({ timeout: 60_000 });
  const [a, b] = [await left.boundingBox(), await right.boundingBox()];
  if (!a || !b) throw new Error("The markers are nowhere");
  await page.mouse.move(a.x + a.width / 2, a.y + a.height / 2);
  await page.mouse.down();
  await page.mouse.move(b.x + b.width / 2 - 2, b.y + b.height / 2, { steps: 5 });
  await page.mouse.up();
  expect(Number(await left.getAttribute("aria-valuenow"))).toBeGreaterThan(50);
  await right.press("ArrowLeft");
  await frame.getByRole("button", { name: "Measure", exact: true }).click();
  await expect(frame.getByRole("alert")).toHaveText(/cannot be right/);
});

for (const [what, file, words] of [
  ["a text file", { name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("no photo") }, /not a photo/],
  [
    "a text that says it is a photo",
    { name: "a.jpg", mimeType: "image/jpeg", buffer: Buffer.from("no") },
    /not a photo/,
  ],
  ["50 megapixels", { name: "a.png", mimeType: "image/png", buffer: pngHead(8192, 6144) }, /more than 40 megapixels/],
  ["half a photo", { name: "a.png", mimeType: "image/png", buffer: pngHead(800, 600) }, /cannot be opened/],
  ["no face", { name: "a.png", mimeType: "image/png", buffer: blackPng(320, 240) }, /No face was found/],
] as const) {
  test(`${what} is answered in clear words, and one can go on`, async ({ page }) => {
    await shopWith(page, line() + element());
    const frame = await open(page);
    const chooser = page.waitForEvent("filechooser");
    await frame.getByRole("button", { name: "Choose a photo" }).click();
    await (await chooser).setFiles(file);
    await expect(frame.getByRole("alert")).toHaveText(words, { timeout: 60_000 });
    await frame.getByRole("button", { name: "Back" }).click();
    await expect(frame.getByRole("button", { name: "Choose a photo" })).toBeVisible();
  });
}

test("a camera that is refused is answered in clear words", async ({ page }) => {
  await shopWith(page, line() + element());
  const frame = await open(page);
  await frame.getByRole("button", { name: "Use the camera" }).click();
  await expect(frame.getByRole("alert")).toHaveText(/The camera was not allowed/);
});

// Each theme and each width once: a theme's colours do not hang on the width.
const LOOKS = [
  { colorScheme: "light", viewport: { width: 390, height: 800 } },
  { colorScheme: "dark", viewport: { width: 1280, height: 800 } },
] as const;
test("the dialog and its frame hold in light on a phone and in dark on a wide screen", async ({ browser }) => {
  const context = await browser.newContext({ permissions: ["camera"], reducedMotion: "reduce" });
  const page = await context.newPage();
  await shopWith(page, `${line()}${element()}<varai-app app="virtual-try-on" label="Try on"></varai-app>`);
  await expect(page.getByRole("button", { name: "Try on" })).toHaveCSS("opacity", "1");
  const looked = async (hold: () => Promise<unknown>) => {
    for (const { colorScheme, viewport } of LOOKS) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(viewport);
      await expectAccessible(page);
      await hold();
    }
  };
  await looked(async () => {});
  const frame = await open(page);
  const holds = () =>
    looked(async () => {
      const overflow = () => frame.locator("html").evaluate((html) => html.scrollWidth - html.clientWidth);
      await expect.poll(overflow, { message: "wider than the dialog", timeout: 3_000 }).toBeLessThanOrEqual(0);
    });
  await holds();
  await frame.getByRole("button", { name: "Use the camera" }).click();
  await expect(frame.locator(".count")).toHaveText(/of 15/, { timeout: 60_000 });
  await expectAccessible(page);
  await expect(frame.locator(".reading")).toBeVisible({ timeout: 60_000 });
  await holds();
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("button", { name: "Try on" }).click();
  await expect(frame.getByText("Beta")).toBeVisible();
  await holds();
  await context.close();
});
