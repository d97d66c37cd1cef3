// Writes THIRD-PARTY-NOTICES.md from the installed packages: `node src/cli/run.mjs dev/verify/notices.ts`.
// notices.test.ts fails where a package ships that the file does not name.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** Tools that build or run the product and leave nothing of their own in what is served. */
const TOOLS = new Set([
  "@tailwindcss/postcss",
  "baseline-browser-mapping",
  "caniuse-lite",
  "node",
  "tsx",
  "typescript",
]);

/** Whose it is, where a package carries neither licence nor copyright: as its sources say. */
const ATTRIBUTION: Readonly<Record<string, string>> = {
  "@mediapipe/face_mesh": "Copyright 2020 The MediaPipe Authors",
};

interface Manifest {
  name: string;
  license?: string;
  author?: string | { name?: string };
  dependencies?: Record<string, string>;
}

/** A package that ships, with what its licence asks to be passed on. */
export interface Notice {
  name: string;
  license: string;
  copyright: string[];
  /** The licence's words without the copyright lines; empty where the package carries no file. */
  text: string;
  /** What Apache-2.0 packages ask to be kept beside the licence. */
  notice: string;
}

const manifestOf = (folder: string): Manifest => JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

/** Node's own look-up: the nearest `node_modules` wins. */
function locate(root: string, from: string, name: string): string | undefined {
  for (let at = from; at.length >= root.length; at = join(at, "..")) {
    const folder = join(at, "node_modules", name);
    try {
      readFileSync(join(folder, "package.json"));
      return folder;
    } catch {
      // Not here: one folder further out.
    }
  }
  return undefined;
}

function read(folder: string, pattern: RegExp): string {
  const file = readdirSync(folder).find((name) => pattern.test(name));
  return file ? readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n").trim() : "";
}

const COPYRIGHT = /^[\s#>*]*(?:copyright\s+(?:\(c\)|©|\d|[A-Z][\w.]+)|\(c\) \d|© ?\d).*$/i;
const TEMPLATE = /\[yyyy\]|\{yyyy\}|copyright (?:notice|owner|holder|statement|law|licen|and|on)/i;

function noticeOf(folder: string): Notice {
  const { name, license: declaredLicense, author } = manifestOf(folder);
  const lines = read(folder, /^(?:licen[sc]e|copying)(?:\.(?:md|txt))?$/i).split("\n");
  // Some say it in the licence's file alone.
  const license = declaredLicense ?? (/^\s*(?:the )?MIT License/i.test(lines.join("\n")) ? "MIT" : "not declared");
  const isCopyright = (line: string) => COPYRIGHT.test(line) && !TEMPLATE.test(line);
  const named = [...new Set(lines.filter(isCopyright).map((line) => line.replace(/^[\s#>*]+/, "").trim()))];
  const declared = ATTRIBUTION[name] ?? (typeof author === "string" ? author : author?.name);
  return {
    name,
    license: license === "SIL OPEN FONT LICENSE" ? "OFL-1.1" : license,
    copyright: named.length > 0 || !declared ? named : [declared.replace(/\s*[<(].*$/, "")],
    text: lines
      .filter((line) => !isCopyright(line))
      .join("\n")
      .trim(),
    notice: read(folder, /^notice(?:\.(?:md|txt))?$/i),
  };
}

/** The packages that ship: what package.json depends on, tools left out, and what those depend on in turn. */
export function shippedPackages(root: string): Notice[] {
  const found = new Map<string, Notice>();
  const visited = new Set<string>();
  const visit = (folder: string, names: string[]) => {
    for (const name of names) {
      const at = locate(root, folder, name);
      if (!at || visited.has(at) || TOOLS.has(name) || name.startsWith("@types/")) continue;
      visited.add(at);
      found.set(name, noticeOf(at));
      visit(at, Object.keys(manifestOf(at).dependencies ?? {}));
    }
  };
  visit(root, Object.keys(manifestOf(root).dependencies ?? {}));
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name, "en"));
}

const OPENING = `# Third-party notices

The product is built with the packages below, and what it serves contains parts of them. Next.js also carries compiled
copies of further packages, each with its licence beside it inside the \`next\` package. Written by
\`node src/cli/run.mjs dev/verify/notices.ts\`.
`;

/** The whole document: a line per package, then each licence's text once. */
export function noticesDocument(shipped: Notice[]): string {
  const parts = [OPENING, "## Packages\n"];
  for (const { name, license, copyright } of shipped)
    parts.push(`- **${name}** (${license})${copyright.length > 0 ? `: ${copyright.join("; ")}` : ""}`);

  const kinds = [...new Set(shipped.filter(({ text }) => text).map(({ license }) => license))].sort();
  for (const kind of kinds) {
    // Packages word the same licence alike but for white space; the shortest copy carries nothing but the licence.
    const texts = shipped.filter(({ license, text }) => license === kind && text.length > 300).map(({ text }) => text);
    const text = texts.sort((a, b) => a.length - b.length)[0];
    if (text) parts.push(`\n## ${kind}\n`, "```text", text.replaceAll("```", "'''"), "```");
  }
  for (const { name, notice } of shipped)
    if (notice) parts.push(`\n## Notice of ${name}\n`, "```text", notice.replaceAll("```", "'''"), "```");
  return `${parts.join("\n")}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const shipped = shippedPackages(process.cwd());
  writeFileSync("THIRD-PARTY-NOTICES.md", noticesDocument(shipped));
  console.log(`THIRD-PARTY-NOTICES.md names ${shipped.length} packages`);
}
