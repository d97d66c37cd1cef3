/**
 * One line of CSV (RFC 4180). A cell that a spreadsheet would run as a formula gets a leading apostrophe; a plain number
 * is none, whatever its sign.
 */
export function csvLine(cells: readonly (string | number | null)[]): string {
  return `${cells.map(cell).join(",")}\r\n`;
}

/**
 * Where a cell may begin within ours: a spreadsheet that parts cells by semicolons, as those of half of Europe do, takes no
 * notice of quotes behind a comma, and sees one behind each semicolon and each line's end.
 */
const BEGINNING_WITHIN = /([;\r\n]"*)(?=[=+\-@])/g;

function cell(value: string | number | null): string {
  if (value === null) return "";
  const text = String(value).replace(BEGINNING_WITHIN, "$1'");
  const safe = /^[=+\-@\t\r\n]/.test(text) && !/^-?\d+(\.\d+)?$/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
