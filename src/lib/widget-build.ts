import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** What the build of the widgets left: `src/cli/build-widget.ts` writes it. */
export interface WidgetBuild {
  /** The loader's version: `/v<version>/embed.js` is its pinned address. */
  readonly version: string;
  /** For the `integrity` attribute of the pinned line. */
  readonly integrity: string;
  /** The loader's size over the wire. */
  readonly gzipBytes: number;
  /** The frame's script and style, by their immutable addresses. */
  readonly frame: { readonly script: string; readonly style: string };
}

const FILE = join(process.cwd(), "public/v1/build.json");
let known: { readonly at: number; readonly build: WidgetBuild } | undefined;

/**
 * The build of the widgets that is served. Read from beside the served files and not imported, so that a fresh clone can
 * be checked before anything was built; read again where it has changed.
 * @throws Error that says what to type where there is none
 */
export function widgetBuild(): WidgetBuild {
  const at = statSync(FILE, { throwIfNoEntry: false })?.mtimeMs;
  if (at === undefined) throw new Error("The widgets have not been built: type `npm run build:widget`.");
  if (known?.at !== at) known = { at, build: JSON.parse(readFileSync(FILE, "utf8")) as WidgetBuild };
  return known.build;
}
