/** A page of text as a PDF of its own, with nothing but the fonts every reader has. Lines: size in points, then text. */
export function pdf(lines: readonly (readonly [size: number, text: string])[]): Buffer {
  let y = 790;
  const drawn = lines.map(([size, text]) => {
    y -= size * 1.6;
    return `BT /F1 ${size} Tf 56 ${y.toFixed(1)} Td (${literal(text)}) Tj ET`;
  });
  const content = drawn.join("\n");
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 4 0 R >> >> /Contents 5 0 R >>",
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    `<< /Length ${Buffer.byteLength(content, "latin1")} >>\nstream\n${content}\nendstream`,
  ];
  let text = "%PDF-1.4\n";
  const places = objects.map((body, at) => {
    const place = Buffer.byteLength(text, "latin1");
    text += `${at + 1} 0 obj\n${body}\nendobj\n`;
    return place;
  });
  const table = Buffer.byteLength(text, "latin1");
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`;
  text += places.map((place) => `${String(place).padStart(10, "0")} 00000 n \n`).join("");
  text += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`;
  return Buffer.from(text, "latin1");
}

/** A text in the font's own encoding; what it has no sign for becomes a question mark. */
const literal = (text: string): string =>
  text
    .replaceAll("–", "-")
    .replaceAll(/[^\x20-\x7e\xa0-\xff]/g, "?")
    .replaceAll(/[\\()]/g, "\\$&");
