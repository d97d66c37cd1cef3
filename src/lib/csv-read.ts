import { CsvError, type CsvErrorCode, parse } from "csv-parse/sync";

/**
 * Reads CSV as the world writes it: comma, semicolon, tab or bar; UTF-8 with or without a mark, UTF-16, Windows-1252; any line
 * ends. Nothing of a file goes missing without a word: a line that cannot be read stands among the records with its problem, and
 * the reading goes on with the next line.
 */

export type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";

/** One record: where it begins, counted from 1 as an editor does, and its cells; or what stood there and why it cannot be read. */
export interface CsvRecord {
  readonly line: number;
  readonly cells: readonly string[];
  /** Null where it can be read. */
  readonly problem: string | null;
}

export interface CsvFile {
  readonly encoding: Encoding;
  readonly delimiter: string;
  readonly header: readonly string[];
  /** Without empty lines. */
  readonly records: readonly CsvRecord[];
}

/** A file that is not worth reading on; the message is written for whoever chose it. */
export class CsvRefusal extends Error {}

const DELIMITERS = [",", ";", "\t", "|"] as const;
/** The largest record, in bytes: a quote that nobody closes would have the rest of the file in it. */
const LARGEST_RECORD = 65_536;
/** How many lines may be past reading before the file is taken for something else. */
const MOST_BROKEN = 1_000;
/** How much is kept of a line that cannot be read. */
const KEPT = 2_000;

/** What the bytes are, by their mark, by where their zeros stand, or by whether they could be UTF-8 at all. */
function decode(bytes: Uint8Array): { text: string; encoding: Encoding } {
  const as = (encoding: Encoding) => ({ text: new TextDecoder(encoding).decode(bytes), encoding });
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return as("utf-16le");
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return as("utf-16be");
  const head = bytes.subarray(0, 2_000);
  const zeros = [0, 0];
  for (let at = 0; at < head.length; at++) if (head[at] === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  if (odd > head.length / 8 && even < odd / 8) return as("utf-16le");
  if (even > head.length / 8 && odd < even / 8) return as("utf-16be");
  if (even + odd > 0) throw new CsvRefusal("This is not a text file. Save the table as CSV, and choose that.");
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), encoding: "utf-8" };
  } catch {
    return as("windows-1252");
  }
}

/** Thrown to have the parser stop where it is. */
const ENOUGH = new Error("enough");

/**
 * Cuts records off until one cannot be read, or `take` wants no more.
 * @param take is given each record's cells, and where it ends in bytes from where the reading began
 * @returns what the parser stumbled over; null where nothing was wrong
 */
function cut(
  bytes: Uint8Array,
  delimiter: string,
  take: (cells: string[], end: number) => boolean,
  relaxed = false,
): CsvErrorCode | null {
  try {
    parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), {
      delimiter,
      record_delimiter: "\n",
      relax_column_count: true,
      relax_quotes: relaxed,
      max_record_size: LARGEST_RECORD,
      on_record: (cells: string[], { bytes: end }) => {
        if (!take(cells, end)) throw ENOUGH;
        return null;
      },
    });
    return null;
  } catch (error) {
    if (error === ENOUGH) return null;
    if (error instanceof CsvError) return error.code;
    throw error;
  }
}

/** The cells of one line on its own, with quotes inside of cells taken as they stand; empty where that does not help. */
function cellsOf(line: Uint8Array, delimiter: string): string[] {
  let cells: string[] = [];
  cut(
    line,
    delimiter,
    (found) => {
      cells = found;
      return false;
    },
    true,
  );
  return cells;
}

const FAULTS: Partial<Record<CsvErrorCode, string>> = {
  CSV_QUOTE_NOT_CLOSED: "A quote is opened and never closed.",
  CSV_INVALID_CLOSING_QUOTE: "A quote is closed in the middle of a cell. Double the quotes inside a quoted cell.",
  INVALID_OPENING_QUOTE:
    "A quote stands in the middle of a cell. Put the whole cell into quotes and double those inside.",
  CSV_MAX_RECORD_SIZE: "The line is longer than 64 KB.",
};
/** What is wrong with a line. A record that is too large in a line that is not has a quote too many in it. */
const wordsFor = (fault: CsvErrorCode, lineBytes: number): string =>
  FAULTS[fault === "CSV_MAX_RECORD_SIZE" && lineBytes < LARGEST_RECORD ? "CSV_QUOTE_NOT_CLOSED" : fault] ??
  "The line cannot be read as CSV.";

const isEmpty = (cells: readonly string[]): boolean => cells.every((cell) => cell.trim() === "");
const NEWLINE = 10;

/** How many cells the first line has by each delimiter tells which one it is. */
function delimiterOf(firstLine: string): string {
  const counts = DELIMITERS.map((delimiter) => {
    return { delimiter, cells: cellsOf(Buffer.from(firstLine), delimiter).length };
  });
  return counts.reduce((best, each) => (each.cells > best.cells ? each : best)).delimiter;
}

/**
 * Reads a file whole.
 * @param mostRows how many rows it may have below its header
 * @throws CsvRefusal where there is no header, it is no text, nearly nothing of it can be read, or it has too many rows
 */
export function readCsv(file: Uint8Array, mostRows = Number.POSITIVE_INFINITY): CsvFile {
  const decoded = decode(file);
  const text = decoded.text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
  // Spreadsheets may name the delimiter in a line of its own.
  const named = /^sep=(.)\n/i.exec(text)?.[1];
  const skipped = named === undefined ? (/^(?:[ \t]*\n)*/.exec(text)?.[0] ?? "") : `sep=${named}\n`;
  const body = text.slice(skipped.length);
  const firstLine = body.slice(0, body.indexOf("\n") < 0 ? undefined : body.indexOf("\n"));
  if (firstLine.trim() === "") throw new CsvRefusal("The file is empty. The first line must name the columns.");
  const delimiter = named ?? delimiterOf(firstLine);
  const all = readRecords(Buffer.from(body), delimiter, skipped.split("\n").length, mostRows);
  const [header, ...records] = all;
  if (!header || header.problem !== null) {
    throw new CsvRefusal(`The first line must name the columns. ${header?.problem ?? ""}`.trim());
  }
  return {
    encoding: decoded.encoding,
    delimiter,
    header: header.cells.map((cell) => cell.trim()),
    records,
  };
}

function readRecords(bytes: Buffer, delimiter: string, firstLine: number, mostRows: number): CsvRecord[] {
  const records: CsvRecord[] = [];
  const add = (record: CsvRecord): void => {
    // At once, and not when all is read: lines of one letter take many times the room of the file, and minutes.
    if (records.length > mostRows) throw new CsvRefusal(`The file has more than ${mostRows} rows. Send it in parts.`);
    records.push(record);
  };
  let start = 0;
  let line = firstLine;
  let broken = 0;
  let width = 0;
  const lineEnd = (from: number): number => {
    const at = bytes.indexOf(NEWLINE, from);
    return at < 0 ? bytes.length : at;
  };
  /** Takes one line of the editor's, which is not a record that can be read, and goes on behind it. */
  const pass = (problem: string, fault: CsvErrorCode | null): void => {
    const end = lineEnd(start);
    const raw = bytes.subarray(start, end);
    // An inch sign in a cell without quotes is no harm, as long as the line comes out as wide as the header.
    const alone = fault === "INVALID_OPENING_QUOTE" ? cellsOf(raw, delimiter) : [];
    if (alone.length > 0 && alone.length === width) add({ line, cells: alone, problem: null });
    else {
      broken += 1;
      if (broken > MOST_BROKEN) {
        throw new CsvRefusal(`More than ${MOST_BROKEN} lines cannot be read. Is this a table saved as CSV?`);
      }
      add({ line, cells: [raw.toString("utf8").slice(0, KEPT)], problem });
    }
    start = end + 1;
    line += 1;
  };
  while (start < bytes.length) {
    const from = start;
    let glued = false;
    const fault = cut(bytes.subarray(from), delimiter, (cells, end) => {
      const lines =
        bytes
          .subarray(start, from + end)
          .toString("latin1")
          .split("\n").length - 1;
      if (width === 0) width = cells.length;
      // Over several lines and of another width: a quote too many has glued records together.
      glued = lines > 1 && cells.length !== width;
      if (glued) return false;
      if (!isEmpty(cells)) add({ line, cells, problem: tooWide(cells, width) });
      line += Math.max(1, lines);
      start = from + end;
      return true;
    });
    if (glued) pass(FAULTS.CSV_QUOTE_NOT_CLOSED ?? "", null);
    else if (fault !== null) pass(wordsFor(fault, lineEnd(start) - start), fault);
    else break;
  }
  return records;
}

/** Cells that are missing at a line's end are empty ones; cells too many have no column to be in. */
function tooWide(cells: readonly string[], width: number): string | null {
  if (isEmpty(cells.slice(width))) return null;
  return `The line has ${cells.length} cells, and there are ${width} columns. Put cells that hold the delimiter into quotes.`;
}
