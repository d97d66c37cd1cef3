import { readFile } from "node:fs/promises";
import { expect, type Page } from "@playwright/test";
import { makeBrand, type OwnBrand } from "./brand";
import { test } from "./journey";
import { expectAccessible, people, signIn, stack } from "./stack";

/** A brand's catalogue: from a bad file to a list, mended, searched, edited, deleted and brought back. */

let brand: OwnBrand;
test.beforeAll(async () => {
  brand = await makeBrand(10);
});

const HOSTILE = [
  "Artikelnummer;Bezeichnung;Form;Farbe;Material;Preis;Größe",
  "N-1;Halden;rund;Havanna;Azetat;148,00 €;48□20–145",
  "N-2;Größe Ä;eckig;schwarz;Stahl;1.189,50 €;52□18–145",
  ";Ohne Nummer;rund;rot;Titan;99;",
  "N-3;=cmd|' /C calc'!A0;oval;blau;Titan;99,00;50□19",
  "N-4;Zu teuer;rund;rot;Titan;viel;",
  'N-5;"Nie geschlossen;rund;rot;Titan;99;',
  "N-1;Doppelt;rund;rot;Titan;99;",
  "N-6;<img src=x onerror=alert(1)>;Pilot;Gold;Titan;212,00;56□16–140",
].join("\r\n");

const send = (page: Page, name: string, content: Buffer) =>
  page.getByLabel("CSV file").setInputFiles({ name, mimeType: "text/csv", buffer: content });
const rowOf = (page: Page, name: RegExp) => page.getByRole("row", { name });

test("a hostile file: tried, taken in, its bad rows mended and sent again; the list searched and edited", async ({
  page,
}) => {
  const alerts: string[] = [];
  page.on("dialog", (dialog) => {
    alerts.push(dialog.message());
    void dialog.dismiss();
  });
  await signIn(page, brand.admin.email, brand.admin.password);
  await page.getByRole("link", { name: "Products" }).first().click();
  await expect(page.getByText("No product yet")).toBeVisible();
  await expectAccessible(page);

  await page.getByRole("link", { name: "Import a file" }).click();
  await send(page, "picture.csv", Buffer.from("89504e470d0a1a0a0000000d49484452", "hex"));
  await expect(page.getByText("This is not a text file.", { exact: false })).toBeVisible();
  // As a spreadsheet of a German machine writes it.
  await send(
    page,
    "rahmen.csv",
    Buffer.from(HOSTILE.replaceAll("□", "/").replaceAll("–", "-").replaceAll("€", "\x80"), "latin1"),
  );
  await expect(page.getByText("Windows-1252", { exact: false })).toBeVisible();
  await expect(page.getByLabel("SKU")).toHaveValue("0");
  await expect(page.getByText("4 new, 0 in the catalogue already, 4 that cannot be taken.")).toBeVisible();
  await expect(page.getByText("Line 6. Price: “viel” is not a number.", { exact: false })).toBeVisible();
  await expectAccessible(page);

  // What is guessed wrong is put right by hand, and the trial follows.
  await page.getByLabel("Colour").selectOption("Not in the file");
  await page.getByLabel("Colour").selectOption("Farbe");
  await page.getByLabel("Prices are in").fill("EUR");
  await page.getByRole("button", { name: "Import 4 products" }).click();
  await expect(page.getByRole("heading", { name: "The file is taken in" })).toBeVisible();
  await expect(page.getByText("8 of 8 rows.")).toBeVisible();
  await expectAccessible(page);

  const saving = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save the rows that were not taken" }).click();
  const refused = await readFile(await (await saving).path(), "utf8");
  expect(refused).toContain("SKU N-1 stands in line 2 already.");
  const mended = refused
    .replace("viel", '"99,00"')
    .replace(",Ohne Nummer", "N-7,Ohne Nummer")
    .replace("N-1,Doppelt", "N-8,Doppelt");
  await page.getByRole("button", { name: "Import another file" }).click();
  await send(page, "rahmen-2.csv", Buffer.from(mended));
  await page.getByRole("button", { name: /^Import \d+ products$/ }).click();
  await expect(page.getByRole("heading", { name: "The file is taken in" })).toBeVisible();
  await page.getByRole("link", { name: "See the products" }).click();

  await expect(page.getByText("7 products")).toBeVisible();
  await expect(rowOf(page, /Halden/)).toContainText("Round, acetate, Havanna");
  await expect(rowOf(page, /Größe Ä/)).toContainText("€1,189.50");
  await expect(page.getByText("<img src=x onerror=alert(1)>")).toBeVisible();
  await expectAccessible(page);
  const search = page.getByLabel("Search products");
  await search.fill("tortise");
  await expect(page.getByText("Nothing is called “tortise”; these are close. 1 of 7 products")).toBeVisible();
  await expect(page).toHaveURL(/q=tortise/);
  await search.fill("");
  await page.getByRole("button", { name: "Filters" }).click();
  await page.getByLabel("Material").selectOption({ label: "Titanium (5)" });
  await expect(page.getByText("5 of 7 products")).toBeVisible();
  await page.reload();
  await expect(page.getByText("5 of 7 products")).toBeVisible();
  await page.getByRole("button", { name: "Clear all" }).click();

  await page.getByRole("button", { name: "Edit Halden" }).click();
  const dialog = page.getByRole("dialog");
  await expectAccessible(page);
  await dialog.getByLabel("SKU").fill("N-2");
  await dialog.getByLabel("Price").fill("viel");
  await dialog.getByRole("button", { name: "Save product" }).click();
  await expect(dialog.getByText("Is not a number.")).toBeVisible();
  await dialog.getByLabel("Price").fill("155,50");
  await dialog.getByRole("button", { name: "Save product" }).click();
  await expect(dialog.getByText("Another product has this SKU.")).toBeVisible();
  await dialog.getByLabel("SKU").fill("N-1");
  await dialog.getByLabel("Name").fill("Halden II");
  await dialog.getByLabel("Picture").fill("https://10.0.0.1/picture.jpg");
  await dialog.getByRole("button", { name: "Save product" }).click();
  await expect(rowOf(page, /Halden II/)).toContainText("€155.50");
  // Nothing is fetched from inside our own network.
  await expect(rowOf(page, /Halden II/)).toContainText("not one of the public internet", { timeout: 30_000 });

  await page.getByRole("button", { name: "Delete Halden II" }).click();
  await expect(page.getByText("6 products")).toBeVisible();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.getByText("7 products")).toBeVisible();
  expect(alerts).toEqual([]);
});

test("ten thousand rows: the progress moves, the page may be left, and search stays quick", async ({ page }) => {
  await signIn(page, brand.admin.email, brand.admin.password);
  await page.goto("/products/import");
  const rows = Array.from({ length: 10_000 }, (_, at) => `L-${at},Frame ${at},round,black,${100 + (at % 300)}`);
  await send(page, "large.csv", Buffer.from(["sku,name,shape,colour,price", ...rows].join("\n")));
  await page.getByRole("button", { name: "Import 10,000 products" }).click();
  await expect(page.getByRole("progressbar")).toBeVisible();
  await page.goto("/overview");
  await page.goBack();
  await expect(page.getByRole("heading", { name: "The file is taken in" })).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText("10,000 of 10,000 rows.")).toBeVisible();
  await page.goto("/products?q=frame+9999");
  await expect(rowOf(page, /Frame 9999/)).toBeVisible();
});

test("a viewer sees the products and changes none; another brand's import is not there", async ({ page }) => {
  await signIn(page, people.viewer);
  await page.goto("/products");
  await expect(page.getByText("40 products")).toBeVisible();
  await expect(page.getByRole("button", { name: /Edit|Delete|Add/ })).toHaveCount(0);
  expect((await page.goto("/products/import"))?.status()).toBe(404);
  const sent = await page.request.post("/api/upload/products?name=x.csv", {
    headers: { "content-type": "application/octet-stream", origin: stack().url },
    data: "sku,name\nA,B",
  });
  expect(sent.status()).toBe(403);
});
