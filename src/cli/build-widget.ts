import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import type { WidgetBuild } from "@/lib/widget-build";
import { LOADER_VERSION } from "@/widget/version";

// `npm run build:widget`: bundles src/widget into static files below public/, where Next serves them. `npm run dev`,
// `npm run build` and `npm start` do it by themselves; it takes a fraction of a second. `-- --release` also keeps the
// loader of this version, once: commit it with the change that raised LOADER_VERSION.

const ROOT = resolve(import.meta.dirname, "../..");
const SOURCE = join(ROOT, "src/widget");
/** The oldest browsers that have every part of the platform which the loader needs. */
const TARGETS = ["chrome111", "edge111", "firefox121", "safari16.4"];
/** Every loader that was ever released, by its version: a shop's `integrity` names these bytes. */
const RELEASES = join(SOURCE, "releases");
/** What the frame loads of MediaPipe. Its examples' data files are empty and left out. */
const MESH_FILES = /^face_mesh(?:\.js|\.binarypb|_solution_.*\.(?:js|wasm|data))$/;

/** Writes a file unless it says that already: a newer file would have `npm start` build everything again. */
function put(path: string, content: string | Uint8Array): void {
  const bytes = Buffer.from(content);
  if (existsSync(path) && readFileSync(path).equals(bytes)) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
}

/** Copies MediaPipe's files as they are, under their version: that address never changes what it answers. */
function copyMesh(folder: string): void {
  const from = dirname(createRequire(import.meta.url).resolve("@mediapipe/face_mesh/package.json"));
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(from).filter((file) => MESH_FILES.test(file))) {
    const [source, target] = [join(from, name), join(folder, name)];
    if (statSync(target, { throwIfNoEntry: false })?.size !== statSync(source).size) copyFileSync(source, target);
  }
}

/**
 * Bundles loader and frame.
 * @param out the folder that is served at `/`
 */
export async function buildWidget(out = join(ROOT, "public")): Promise<WidgetBuild> {
  const { build, stop } = await import("esbuild");
  const shared = { bundle: true, write: false, minify: true, target: TARGETS, legalComments: "none" } as const;
  const loader = await build({
    ...shared,
    entryPoints: [join(SOURCE, "loader.ts")],
    // One function around all of it: nothing but `window.varai` is left in the shop's page.
    format: "iife",
  });
  const [script] = loader.outputFiles;
  if (!script) throw new Error("The loader did not build");
  const manifest = createRequire(import.meta.url)("@mediapipe/face_mesh/package.json") as { version: string };
  const mesh = `/v1/mesh-${manifest.version}`;
  const frame = await build({
    ...shared,
    entryPoints: [join(SOURCE, "frame/main.ts"), join(SOURCE, "frame/frame.css")],
    format: "iife",
    outdir: join(out, "v1/frame"),
    entryNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    loader: { ".woff2": "file" },
    define: { MESH_URL: JSON.stringify(mesh) },
  });
  // Its process would stay as long as ours, which for a development stack is all day.
  await stop();
  const files = frame.outputFiles.map(({ path, contents }) => ({ name: basename(path), contents }));
  const named = (ending: string): string => `/v1/frame/${files.find(({ name }) => name.endsWith(ending))?.name ?? ""}`;

  const result: WidgetBuild = {
    version: LOADER_VERSION,
    integrity: `sha384-${createHash("sha384").update(script.contents).digest("base64")}`,
    gzipBytes: gzipSync(script.contents, { level: 9 }).byteLength,
    frame: { script: named(".js"), style: named(".css") },
  };
  // What shops have pinned is served as it was released, for ever; the version being written is what the sources say.
  for (const name of readdirSync(RELEASES)) {
    put(join(out, `v${name.replace(/\.js$/, "")}/embed.js`), readFileSync(join(RELEASES, name)));
  }
  put(join(out, "v1/embed.js"), script.contents);
  put(join(out, `v${LOADER_VERSION}/embed.js`), script.contents);
  const folder = join(out, "v1/frame");
  for (const { name, contents } of files) put(join(folder, name), contents);
  // What an earlier build left: nobody has its names any more.
  for (const old of readdirSync(folder)) if (!files.some(({ name }) => name === old)) rmSync(join(folder, old));
  copyMesh(join(out, mesh));
  put(join(out, "v1/build.json"), `${JSON.stringify(result, null, 2)}\n`);
  return result;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const { version, gzipBytes } = await buildWidget();
  if (process.argv.includes("--release")) {
    const kept = join(RELEASES, `${version}.js`);
    if (existsSync(kept))
      throw new Error(`${version} has been released: raise LOADER_VERSION in src/widget/version.ts.`);
    copyFileSync(join(ROOT, "public/v1/embed.js"), kept);
  }
  console.log(`Widgets: loader ${version}, ${gzipBytes} bytes gzip.`);
}
