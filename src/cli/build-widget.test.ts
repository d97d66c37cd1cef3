import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { WidgetBuild } from "@/lib/widget-build";
import { LOADER_VERSION } from "@/widget/version";
import { buildWidget } from "./build-widget";

const out = mkdtempSync(join(tmpdir(), "widget-"));
let built: WidgetBuild;
beforeAll(async () => {
  built = await buildWidget(out);
});
afterAll(() => rmSync(out, { recursive: true }));

const read = (path: string): string => readFileSync(join(out, path), "utf8");
const released = join(import.meta.dirname, "../widget/releases");

it("the loader is at most 2 KB gzip", () => {
  expect(built.gzipBytes).toBeLessThanOrEqual(2_048);
});

it("the pinned loader is the one whose hash the embed code names, and is kept for ever", () => {
  const pinned = read(`v${LOADER_VERSION}/embed.js`);
  expect(built.integrity).toBe(`sha384-${createHash("sha384").update(pinned).digest("base64")}`);
  expect(read("v1/embed.js")).toBe(pinned);
  expect(JSON.parse(read("v1/build.json"))).toEqual(built);
  // Differs? Then the loader has changed: raise LOADER_VERSION, and type `npm run build:widget -- --release`.
  expect(readFileSync(join(released, `${LOADER_VERSION}.js`), "utf8")).toBe(pinned);
  for (const name of readdirSync(released)) {
    expect(read(`v${name.replace(/\.js$/, "")}/embed.js`)).toBe(readFileSync(join(released, name), "utf8"));
  }
});

it("neither part makes markup or code from text, nor tells anybody who listens", () => {
  for (const path of ["v1/embed.js", built.frame.script.slice(1)]) {
    expect(read(path)).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/);
    expect(read(path)).not.toMatch(/postMessage\([^)]*,\s*["']\*["']\)/);
  }
});

it("what the frame loads of MediaPipe is all there, under its version", () => {
  const folder = readdirSync(join(out, "v1")).find((name) => name.startsWith("mesh-")) ?? "";
  expect(folder).toBe("mesh-0.4.1633559619");
  const files = readdirSync(join(out, "v1", folder));
  for (const name of ["face_mesh.js", "face_mesh.binarypb", "face_mesh_solution_simd_wasm_bin.wasm"]) {
    expect(files).toContain(name);
  }
  expect(read(built.frame.script.slice(1))).toContain(`/v1/${folder}`);
});

it("a second build changes no file, so that nothing is built again for it", async () => {
  const { statSync } = await import("node:fs");
  const times = () => readdirSync(out, { recursive: true }).map((name) => statSync(join(out, String(name))).mtimeMs);
  const before = times();
  await buildWidget(out);
  expect(times()).toEqual(before);
});
