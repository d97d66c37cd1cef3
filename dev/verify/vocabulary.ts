// Checks what files there are and what stands in them: `node src/cli/run.mjs dev/verify/vocabulary.ts`.
// Prints a line per violation, exits 1 on any. The laws are in AGENTS.md; vocabulary.test.ts plants a violation of each.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { FEATURES } from "../../.dependency-cruiser.mjs";

const TOP_FILES = new Set([
  ".dependency-cruiser.mjs",
  ".env.example",
  ".gitignore",
  ".node-version",
  ".npmrc",
  "AGENTS.md",
  "LICENSE",
  "README.md",
  "THIRD-PARTY-NOTICES.md",
  "biome.json",
  "drizzle.config.ts",
  "middleware.ts",
  "next.config.mjs",
  "package-lock.json",
  "package.json",
  "playwright.config.ts",
  "postcss.config.mjs",
  "tsconfig.json",
  "vercel.json",
  "vitest.config.ts",
]);
const TOP_FOLDERS = new Set([".ci", "bench", "deploy", "dev", "docs", "drizzle", "e2e", "public", "src"]);
const SRC_FILES = new Set(["middleware.ts", "instrumentation.ts", "instrumentation-client.ts"]);
const SRC_FOLDERS = new Set([
  "app",
  "auth",
  "cli",
  "components",
  "db",
  "features",
  "lib",
  "meter",
  "rest",
  "test",
  "trpc",
  "widget",
  "worker",
]);

const FEATURE_FILE = /^(?:contract|rules|service|queries|router|jobs|handler)\.ts$/;
const FEATURE_FOLDER: Record<string, RegExp> = {
  lua: /^[a-z0-9-]+\.ts$/,
  events: /^[a-z0-9-]+\.ts$/,
  emails: /^[a-z0-9-]+\.tsx$/,
  components: /^(?:[a-z0-9-]+\/)*[a-z0-9-]+\.tsx?$/,
};
const TEST = /\.test\.tsx?$/;
const CODE = /\.(?:ts|tsx|mjs|cjs|js)$/;
const BINARY = /\.(?:png|jpe?g|gif|webp|avif|ico|woff2?|ttf|otf|mp4|y4m|wasm|gz|pdf)$/i;
const LONGEST = 400;
const LONGEST_TEST = 600;

const CATCH_ALL = /^(?:utils?|types?|constants?|helpers?|misc)$/;
const ENVIRONMENT_ROOMS = /^(?:src\/lib\/env\.ts$|src\/(?:cli|test)\/|dev\/|bench\/|e2e\/|[^/]+\.config\.(?:ts|mjs)$)/;

/** One thing to mend: where, which law, what to do. */
export interface Violation {
  path: string;
  law: string;
  remedy: string;
}

/** Laws about where a file may stand and what it may be called. `path` is relative to the root, with slashes. */
function placeViolations(path: string): Violation[] {
  const found: Violation[] = [];
  const breaks = (law: string, remedy: string) => found.push({ path, law, remedy });
  const [first = "", ...rest] = path.split("/");

  if (rest.length === 0 ? !TOP_FILES.has(first) : !TOP_FOLDERS.has(first))
    breaks(
      "top-level",
      `"${first}" is not in the list: put it where it belongs, or add it to dev/verify/vocabulary.ts`,
    );

  if (first === "src") {
    const [second = ""] = rest;
    if (rest.length === 1 ? !SRC_FILES.has(second.replace(".test.", ".")) : !SRC_FOLDERS.has(second))
      breaks("src-folders", `"src/${second}" is not in the list: use one of ${[...SRC_FOLDERS].join(", ")}`);
    if (second === "features") found.push(...featureViolations(path, rest.slice(1)));
  }

  if (["src", "dev", "bench", "e2e"].includes(first)) {
    const loose = path.split("/").find((part) => CATCH_ALL.test(part.replace(/(?:\.test)?\.[a-z]+$/, "")));
    if (loose) breaks("no-catch-all", `"${loose}" says nothing: name the file after what it holds`);
    const versioned = path.split("/").find((part) => /(?:[-_.]v|V)[2-9](?![0-9a-z])/.test(part));
    if (versioned) breaks("no-version-names", `"${versioned}" carries a version: change what is there instead`);
  }
  return found;
}

/** The closed list of names inside a feature; a larger concern is a subfolder with the same names. */
function featureViolations(path: string, parts: string[]): Violation[] {
  const [feature = "", ...inside] = parts;
  if (!FEATURES.includes(feature) || inside.length === 0) {
    const remedy = `"${feature}" is no domain of the product: use one of ${FEATURES.join(", ")}`;
    return [{ path, law: "feature-list", remedy }];
  }
  const special = inside.findIndex((part) => part in FEATURE_FOLDER);
  const subfolders = special >= 0 ? inside.slice(0, special) : inside.slice(0, -1);
  const form = special >= 0 ? FEATURE_FOLDER[inside[special] ?? ""] : FEATURE_FILE;
  const name = inside.slice(special >= 0 ? special + 1 : -1).join("/");

  const kept = (form?.test(name) || /^[a-z0-9./-]+\.test\.tsx?$/.test(name)) && subfolders.length <= 1;
  if (kept && subfolders.every((folder) => /^[a-z][a-z-]*$/.test(folder))) return [];
  const remedy =
    "a feature holds contract, rules, service, queries, router, jobs or handler.ts, lua/*.ts, events/*.ts, " +
    "emails/*.tsx, components/ and tests, and one level of subfolders with the same names";
  return [{ path, law: "feature-vocabulary", remedy }];
}

/** Laws about what stands in a file. */
function textViolations(path: string, text: string): Violation[] {
  const found: Violation[] = [];
  const breaks = (law: string, remedy: string, at = 0) => {
    const line = text.slice(0, at).split("\n").length;
    found.push({ path: at > 0 ? `${path}:${line}` : path, law, remedy });
  };
  const forEach = (pattern: RegExp, law: string, remedy: string) => {
    for (const match of text.matchAll(pattern)) breaks(law, remedy.replace("%s", match[0].trim()), match.index);
  };

  if (path === "package-lock.json") {
    if (/"resolved":\s*"https?:/.test(text))
      breaks("lock-without-hosts", `the lock file names download hosts: drop its "resolved" lines`);
    return found;
  }
  if (CODE.test(path)) {
    const test = TEST.test(path);
    const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
    const limit = test ? LONGEST_TEST : LONGEST;
    if (lines > limit) breaks("file-length", `${lines} lines, at most ${limit}: split it along its concerns`);

    forEach(
      /@ts-(?:ignore|nocheck)|(?:biome|eslint)-(?:ignore|disable)\S*/g,
      "no-switching-off",
      `"%s": mend the code`,
    );
    if (!test)
      forEach(/@ts-expect-(?=error)/g, "no-switching-off", "an expected type error belongs into a test: mend the code");
    forEach(/\b(?!uuid)\w*[a-z]V[2-9]\b/g, "no-version-names", `"%s" carries a version: change what is there instead`);
    if (!test && path.startsWith("src/"))
      forEach(
        /\bimport\(["'][^"']+["']\)\.[A-Z]|\btypeof import\(/g,
        "no-inline-imports",
        "the import law cannot see a type taken this way: write `import type` at the top",
      );
    if (!test && !ENVIRONMENT_ROOMS.test(path))
      // The bundler replaces these two by constants, so they are no configuration.
      forEach(
        /\bprocess\.env\b(?!\.(?:NODE_ENV|NEXT_RUNTIME)\b)/g,
        "environment-in-one-place",
        "read it through env() of src/lib/env.ts, where it is checked and documented",
      );
  }
  forEach(/(?<![\w.~$}-])\/(?:work|root|home|Users)\/[\w.-]+/g, "no-machine-paths", `"%s" exists on one machine only`);
  forEach(
    /\bhttps?:\/\/(?:[\w-]+\.)*(?:registry|npm|artifactory|nexus|verdaccio)[\w-]*\.[\w.:-]+/gi,
    "no-registry-hosts",
    `"%s": install settings are the machine's own`,
  );
  const host = registryHost();
  if (host && text.includes(host)) breaks("no-registry-hosts", "this machine's registry is named: leave it out");
  return found;
}

/** Laws about two files that must say the same. */
function documentViolations(read: (path: string) => string): Violation[] {
  const found: Violation[] = [];
  const named = (text: string, pattern: RegExp) => new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ""));
  const variables = named(read("src/lib/env.ts"), /^ {2}([A-Z][A-Z0-9_]+):/gm);
  const paragraphs = read(".env.example")
    .split(/\n{2,}/)
    .filter((paragraph) => paragraph.startsWith("#"));
  const explained = named(paragraphs.join("\n"), /^(?:# ?)?([A-Z][A-Z0-9_]+)=/gm);
  for (const name of variables)
    if (!explained.has(name))
      found.push({
        path: ".env.example",
        law: "env-explained",
        remedy: `${name} is missing: add it with a comment above`,
      });
  const start = read("src/cli/start.ts");
  for (const name of explained)
    if (!variables.has(name) && !start.includes(`process.env.${name}`))
      found.push({ path: ".env.example", law: "env-explained", remedy: `nothing reads ${name}: take it out` });

  const { dependencies = {}, devDependencies = {} } = JSON.parse(read("package.json") || "{}") as Manifest;
  const readme = read("README.md");
  for (const name of Object.keys({ ...dependencies, ...devDependencies }))
    if (!readme.includes(`\`${name}\``))
      found.push({ path: "README.md", law: "dependency-explained", remedy: `say in one line why ${name} is there` });
  return found;
}

interface Manifest {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

/** The host npm downloads from on this machine, unless it is the public one; npm tells its scripts. */
function registryHost(): string | undefined {
  const registry = process.env.npm_config_registry;
  const host = registry && URL.canParse(registry) ? new URL(registry).host : undefined;
  return host === "registry.npmjs.org" ? undefined : host;
}

const NEVER = new Set(["node_modules", ".git", ".next", ".data"]);

/** What git tracks or would track; without git, every file but the well-known leavings. */
function filesOf(root: string): string[] {
  if (existsSync(join(root, ".git"))) {
    const listing = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
      cwd: root,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    });
    // A file that was deleted but not committed is still listed.
    return [...new Set(listing.split("\0"))].filter((path) => path && existsSync(join(root, path)));
  }
  const walk = (folder: string): string[] =>
    readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = folder ? `${folder}/${entry.name}` : entry.name;
      if (entry.isDirectory()) return NEVER.has(entry.name) ? [] : walk(path);
      return entry.isFile() ? [path] : [];
    });
  return walk("");
}

/**
 * Judges every file of a tree by name, place and text.
 * @param root absolute path of the project
 * @returns one line per violation: `path: law, what to do`; empty where all is well
 */
export function vocabularyViolations(root: string): string[] {
  const read = (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : "");
  return filesOf(root)
    .flatMap((path) => [
      ...(path.endsWith("/.gitkeep") ? [] : placeViolations(path)),
      ...(BINARY.test(path) ? [] : textViolations(path, read(path))),
    ])
    .concat(documentViolations(read))
    .map(({ path, law, remedy }) => `${path}: ${law}, ${remedy}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const violations = vocabularyViolations(process.cwd());
  for (const violation of violations) console.log(violation);
  if (violations.length > 0) {
    console.log(`${violations.length} violations of the file vocabulary`);
    process.exit(1);
  }
}
