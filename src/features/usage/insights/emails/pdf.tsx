import { drawPdf, MARGIN, type Pdf, type Weight } from "@/lib/pdf";
import { changeWords, shortDate, spanWords, upToWords } from "../../components/words";
import { changeOf } from "../../dashboard/rules";
import type { ReportFigures } from "../contract";
import { comparedOf, shareOf } from "../rules";

/** The report as a document: two or three pages of A4, drawn from its figures alone. */

const INK = "#0c1216";
const INK_2 = "#424c52";
const INK_3 = "#667077";
const LINE = "#dfe4e7";
const INSET = "#eef1f3";
const BAR = "#c9d0d5";
const WIDTH = 595.28 - 2 * MARGIN;
/** Where a page's text ends, above its foot. */
const FOOT = 841.89 - 64;

const count = new Intl.NumberFormat("en-US");
/** A share as a person reads it: `12.4 %`; a dash where there is none. */
const percent = (share: number | null): string => (share === null ? "–" : `${(share * 100).toFixed(1)} %`);

interface Words {
  readonly size?: number;
  readonly weight?: Weight;
  readonly color?: string;
  readonly align?: "left" | "right";
  readonly width?: number;
}

/** Digits of one width, so that they line up. */
const FIGURES: PDFKit.Mixins.OpenTypeFeatures[] = ["tnum", "kern", "liga"];

/** Text in one line, cut with an ellipsis where it is too long for its place. */
function line(pdf: Pdf, text: string, x: number, y: number, words: Words = {}): void {
  const { size = 9.5, weight = "regular", color = INK, align = "left", width = WIDTH } = words;
  pdf
    .font(weight)
    .fontSize(size)
    .fillColor(color)
    .text(text, x, y, { width, height: size * 1.4, align, ellipsis: true, lineBreak: false, features: FIGURES });
}

/** Goes to a new page where what comes next has no room on this one. */
function room(pdf: Pdf, height: number): void {
  if (pdf.y + height > FOOT) {
    pdf.addPage();
    pdf.y = MARGIN;
  }
}

/** A part's heading with a sentence that says what its figures are; leaves `pdf.y` below. */
function heading(pdf: Pdf, title: string, about: string, next: number): void {
  room(pdf, 54 + next);
  const top = pdf.y;
  pdf
    .moveTo(MARGIN, top)
    .lineTo(MARGIN + WIDTH, top)
    .lineWidth(0.75)
    .strokeColor(LINE)
    .stroke();
  line(pdf, title, MARGIN, top + 14, { size: 13, weight: "semibold" });
  pdf
    .font("regular")
    .fontSize(8.5)
    .fillColor(INK_3)
    .text(about, MARGIN, top + 33, { width: WIDTH, lineGap: 1.5 });
  pdf.y += 10;
}

/** The mark: two rings joined by a bridge. */
function mark(pdf: Pdf, x: number, y: number): void {
  pdf.lineWidth(1.4).strokeColor(INK);
  pdf.circle(x + 5, y + 6, 4.6).stroke();
  pdf.circle(x + 18, y + 6, 4.6).stroke();
  pdf
    .moveTo(x + 9.4, y + 5)
    .quadraticCurveTo(x + 11.5, y + 3, x + 13.6, y + 5)
    .stroke();
}

function head(pdf: Pdf, brand: string, figures: ReportFigures): void {
  mark(pdf, MARGIN, MARGIN);
  line(pdf, "VARAi Connected Apps", MARGIN + 31, MARGIN + 1, { size: 9, weight: "medium", color: INK_2 });
  line(pdf, "Advanced Analytics", MARGIN, MARGIN + 1, { size: 9, color: INK_3, align: "right" });
  line(pdf, brand, MARGIN, MARGIN + 36, { size: 24, weight: "semibold" });
  line(pdf, daysWords(figures), MARGIN, MARGIN + 70, { size: 12, color: INK_2 });
  const asOf = new Intl.DateTimeFormat("en-GB", {
    dateStyle: "medium",
    timeStyle: "short",
    timeZone: figures.timeZone,
  });
  const open = figures.to >= figures.today ? " The last day is not over." : "";
  const zone = figures.timeZone.replaceAll("_", " ");
  line(pdf, `As of ${asOf.format(Date.parse(figures.asOf))}, ${zone}.${open}`, MARGIN, MARGIN + 88, {
    size: 9,
    color: INK_3,
  });
  pdf.y = MARGIN + 116;
}

const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" });
const daysWords = ({ from, to }: { from: string; to: string }): string =>
  from === to ? day.format(Date.parse(from)) : `${day.format(Date.parse(from))} – ${day.format(Date.parse(to))}`;

function funnel(pdf: Pdf, figures: ReportFigures): void {
  const { totals, accent } = figures;
  const compared = comparedOf(figures);
  const upTo = upToWords({ ...figures, compared });
  const against = compared ? ` Changes${upTo} are against ${spanWords(compared.before)}.` : "";
  heading(
    pdf,
    "From opened to basket",
    `Sessions of your widgets, each counted on the day it was opened. A session is one paid use of an app in your shop.${against}`,
    150,
  );
  const steps = [
    ["Opened", "opened"],
    ["Came to a result", "results"],
    ["Put a frame into the basket", "carted"],
  ] as const;
  const most = Math.max(1, totals.opened);
  for (const [i, [name, step]] of steps.entries()) {
    const y = pdf.y;
    const value = totals[step];
    const change = compared && changeOf(compared.totals[step], compared.totalsBefore[step]);
    line(pdf, name, MARGIN, y, { weight: "medium" });
    line(pdf, count.format(value), MARGIN, y, { weight: "semibold", align: "right", width: WIDTH - 190 });
    line(pdf, i === 0 ? "" : `${percent(shareOf(value, totals.opened))} of opened`, MARGIN + WIDTH - 180, y, {
      color: INK_2,
      width: 90,
    });
    line(pdf, change === null ? "nothing before" : `${changeWords(change)}${upTo}`, MARGIN, y, {
      color: INK_3,
      align: "right",
    });
    pdf.roundedRect(MARGIN, y + 16, WIDTH, 12, 3).fill(INSET);
    if (value > 0)
      pdf
        .roundedRect(MARGIN, y + 16, Math.max(3, (WIDTH * Math.min(value, most)) / most), 12, 3)
        .fillOpacity(1 - i * 0.22)
        .fill(accent)
        .fillOpacity(1);
    pdf.y = y + 42;
  }
  if (figures.days.length > 1) byDay(pdf, figures);
  pdf.y += 2;
}

/** Each day's sessions as a bar, with those that ended with a basket at its foot. */
function byDay(pdf: Pdf, { days, accent }: ReportFigures): void {
  const most = Math.max(...days.map(({ opened }) => opened), 1);
  const height = 56;
  room(pdf, height + 40);
  const y = pdf.y;
  const top = y + 18;
  line(pdf, "Sessions by day, those with a basket in colour", MARGIN, y, { size: 8.5, color: INK_3 });
  line(pdf, `at most ${count.format(most)}`, MARGIN, y, { size: 8.5, color: INK_3, align: "right" });
  const each = WIDTH / days.length;
  const width = Math.min(each * 0.72, 14);
  for (const [i, { opened, carted }] of days.entries()) {
    const x = MARGIN + i * each + (each - width) / 2;
    const bar = (value: number, color: string) => {
      const tall = (value / most) * height;
      if (value > 0) pdf.rect(x, top + height - tall, width, tall).fill(color);
    };
    bar(opened, BAR);
    bar(carted, accent);
  }
  pdf
    .moveTo(MARGIN, top + height)
    .lineTo(MARGIN + WIDTH, top + height)
    .lineWidth(0.5)
    .strokeColor(INK_3)
    .stroke();
  const [first, last] = [days[0], days.at(-1)];
  if (first) line(pdf, shortDate(first.date), MARGIN, top + height + 4, { size: 8, color: INK_3 });
  if (last && last !== first)
    line(pdf, shortDate(last.date), MARGIN, top + height + 4, { size: 8, color: INK_3, align: "right" });
  pdf.y = top + height + 28;
}

interface Column<Row> {
  readonly name: string;
  readonly width: number;
  readonly of: (row: Row) => string;
}

/** A table whose first column takes what the others leave. Its head comes again on each page. */
function table<Row>(
  pdf: Pdf,
  first: Column<Row>,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  none: string,
): void {
  const lead = WIDTH - columns.reduce((sum, { width }) => sum + width, 0);
  const row = (cells: readonly string[], weight: Weight, color: string): void => {
    const y = pdf.y;
    line(pdf, cells[0] ?? "", MARGIN, y, { weight, color, width: lead - 8 });
    let x = MARGIN + lead;
    for (const [i, { width }] of columns.entries()) {
      line(pdf, cells[i + 1] ?? "", x, y, {
        weight: weight === "medium" ? "regular" : weight,
        color,
        align: "right",
        width,
      });
      x += width;
    }
    pdf.y = y + 14;
    pdf
      .moveTo(MARGIN, pdf.y)
      .lineTo(MARGIN + WIDTH, pdf.y)
      .lineWidth(0.5)
      .strokeColor(LINE)
      .stroke();
    pdf.y += 6;
  };
  const top = () => row([first.name, ...columns.map(({ name }) => name)], "regular", INK_3);
  top();
  for (const each of rows) {
    if (pdf.y + 20 > FOOT) {
      pdf.addPage();
      pdf.y = MARGIN;
      top();
    }
    row([first.of(each), ...columns.map(({ of }) => of(each))], "medium", INK);
  }
  if (rows.length === 0) {
    line(pdf, none, MARGIN, pdf.y, { color: INK_2 });
    pdf.y += 18;
  }
  pdf.y += 10;
}

function byApp(pdf: Pdf, { apps, before }: ReportFigures): void {
  heading(
    pdf,
    "Conversion by app",
    `Conversion is the share of an app's sessions in which your shop said that a frame went into the basket; "before" is ${spanWords(before)}. One basket counts for each app that the shopper had opened.`,
    60,
  );
  type App = ReportFigures["apps"][number];
  const rows = apps.filter(({ opened }) => opened > 0);
  table<App>(
    pdf,
    { name: "App", width: 0, of: ({ name }) => name },
    [
      { name: "Opened", width: 70, of: ({ opened }) => count.format(opened) },
      { name: "Result", width: 70, of: ({ results }) => count.format(results) },
      { name: "Basket", width: 70, of: ({ carted }) => count.format(carted) },
      { name: "Conversion", width: 75, of: ({ carted, opened }) => percent(shareOf(carted, opened)) },
      { name: "Before", width: 65, of: (app) => percent(shareOf(app.before.carted, app.before.opened)) },
    ],
    rows,
    "No app was opened in your shop.",
  );
}

function topFrames(pdf: Pdf, { frames, framesInAll }: ReportFigures): void {
  const of =
    framesInAll > frames.length ? ` These are the first ${frames.length} of ${count.format(framesInAll)}.` : "";
  heading(
    pdf,
    "Top frames",
    `In how many sessions a frame was shown by an app, chosen in it, and put into the basket; the most often bought first.${of}`,
    60,
  );
  table<ReportFigures["frames"][number]>(
    pdf,
    { name: "Frame", width: 0, of: ({ name, sku }) => (name === null ? sku : `${name} (${sku})`) },
    [
      { name: "Shown", width: 80, of: ({ seen }) => count.format(seen) },
      { name: "Chosen", width: 80, of: ({ chosen }) => count.format(chosen) },
      { name: "Basket", width: 80, of: ({ carted }) => count.format(carted) },
    ],
    frames,
    "No frame was shown, chosen or put into a basket.",
  );
}

function tokens(pdf: Pdf, { apps }: ReportFigures): void {
  const all = apps.reduce((sum, app) => sum + app.tokens, 0);
  heading(
    pdf,
    "Tokens by app",
    "What all uses of each app cost, in your shop and elsewhere; refunded ones are left out.",
    60,
  );
  table<ReportFigures["apps"][number] | { name: string; tokens: number }>(
    pdf,
    { name: "App", width: 0, of: ({ name }) => name },
    [
      { name: "Tokens", width: 90, of: (app) => count.format(app.tokens) },
      { name: "Share", width: 80, of: (app) => percent(shareOf(app.tokens, all)) },
    ],
    [
      ...apps.filter((app) => app.tokens > 0).toSorted((a, b) => b.tokens - a.tokens),
      { name: "All apps", tokens: all },
    ],
    "",
  );
}

const DRAW = { funnel, apps: byApp, frames: topFrames, tokens } as const;

function feet(pdf: Pdf, brand: string, figures: ReportFigures): void {
  const { start, count: pages } = pdf.bufferedPageRange();
  for (let i = 0; i < pages; i++) {
    pdf.switchToPage(start + i);
    // The foot stands in the margin, where text would otherwise open another page.
    pdf.page.margins.bottom = 0;
    const y = FOOT + 22;
    line(pdf, `${brand} · ${daysWords(figures)}`, MARGIN, y, { size: 8, color: INK_3, width: WIDTH - 80 });
    line(pdf, `${i + 1} / ${pages}`, MARGIN, y, { size: 8, color: INK_3, align: "right" });
  }
}

/** The report of a brand as a PDF. */
export function reportPdf(brand: string, figures: ReportFigures): Promise<Buffer> {
  const title = `${brand}: Advanced Analytics, ${daysWords(figures)}`;
  return drawPdf({ title, made: new Date(figures.asOf) }, (pdf) => {
    head(pdf, brand, figures);
    for (const part of figures.parts) DRAW[part](pdf, figures);
    feet(pdf, brand, figures);
  });
}
