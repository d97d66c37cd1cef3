import { readFileSync } from "node:fs";
import { join } from "node:path";
import PDFDocument from "pdfkit";

/** Documents for print, in the product's own letters. Knows no domain: what stands on a page is drawn by its feature. */

const FONTS = join(process.cwd(), "node_modules/geist/dist/fonts/geist-sans");
const WEIGHTS = { regular: "Geist-Regular.ttf", medium: "Geist-Medium.ttf", semibold: "Geist-SemiBold.ttf" } as const;
export type Weight = keyof typeof WEIGHTS;

let letters: Readonly<Record<Weight, Buffer>> | undefined;

/** A document that is being drawn. */
export type Pdf = PDFKit.PDFDocument;

/** The room around a page's text, in points. */
export const MARGIN = 48;

/**
 * Draws a document of A4 pages and gives back its bytes. Letters are embedded, so that it reads the same everywhere; its
 * title is what a screen reader and a window say.
 */
export function drawPdf(about: { title: string; made: Date }, draw: (pdf: Pdf) => void): Promise<Buffer> {
  letters ??= {
    regular: readFileSync(join(FONTS, WEIGHTS.regular)),
    medium: readFileSync(join(FONTS, WEIGHTS.medium)),
    semibold: readFileSync(join(FONTS, WEIGHTS.semibold)),
  };
  const { regular, medium, semibold } = letters;
  const pdf = new PDFDocument({
    size: "A4",
    margin: MARGIN,
    bufferPages: true,
    lang: "en",
    displayTitle: true,
    // Without it, a font of its own is read from disk first.
    font: regular as unknown as string,
    info: { Title: about.title, Creator: "VARAi Connected Apps", CreationDate: about.made, ModDate: about.made },
  });
  pdf.registerFont("regular", regular).registerFont("medium", medium).registerFont("semibold", semibold);
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    pdf.on("data", (part: Buffer) => parts.push(part));
    pdf.on("end", () => resolve(Buffer.concat(parts)));
    pdf.on("error", reject);
    draw(pdf);
    pdf.end();
  });
}
