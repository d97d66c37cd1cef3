// Checks the import law: `node src/cli/run.mjs dev/verify/imports.ts`. Prints a line per violation, exits 1 on any.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { cruise, type ICruiseResult, type IDependency, type IModule } from "dependency-cruiser";
import { configuration, reach } from "../../.dependency-cruiser.mjs";
import { aliasFor } from "./resolve.mjs";

/** What must not be reached from where; see `.dependency-cruiser.mjs`. */
interface ReachLaw {
  name: string;
  comment: string;
  from: string[];
  to: string[];
  toNot: string[];
  core: boolean;
  stopAt: string[];
}

const PLACES = ["middleware.ts", "src", "dev", "bench", "e2e"];

/**
 * Judges a tree by the import law.
 * @param root absolute path of the folder that holds `src`
 * @returns one line per violation: `file → file: law, what to do`; empty where the law is kept
 */
export async function importViolations(root: string): Promise<string[]> {
  const { forbidden, options } = configuration(root);
  const { webpackConfig: _, ...cruiseOptions } = options;
  const answer = await cruise(
    PLACES.filter((place) => existsSync(join(root, place))),
    // The configuration is plain JavaScript, whose literals TypeScript widens to `string`.
    { ...cruiseOptions, parser: "swc", validate: true, ruleSet: { forbidden: forbidden as [] } },
    { alias: aliasFor(root), bustTheCache: true },
  );
  if (typeof answer.output === "string") throw new Error("dependency-cruiser answered with text instead of a graph");
  return [...directViolations(answer.output), ...reach(root).flatMap((law) => reached(answer.output, law))].sort();
}

function directViolations({ summary }: ICruiseResult): string[] {
  const advice = new Map(summary.ruleSetUsed?.forbidden?.map((rule) => [rule.name, rule.comment]));
  return summary.violations.map(({ from, to, rule, cycle }) => {
    const path = cycle ? [from, ...cycle.map((step) => step.name)] : [from, to];
    return `${path.join(" → ")}: ${rule.name}, ${advice.get(rule.name) ?? ""}`;
  });
}

/** The modules a module needs when it runs: type-only imports are gone by then. */
const needed = (module: IModule): IDependency[] =>
  module.dependencies.filter((dependency) => !dependency.dependencyTypes.includes("type-only"));

function reached(result: ICruiseResult | string, law: ReachLaw): string[] {
  if (typeof result === "string") return [];
  const matcher = (patterns: string[]) => {
    const compiled = patterns.map((pattern) => new RegExp(pattern));
    return (path: string) => compiled.some((pattern) => pattern.test(path));
  };
  const [starts, bad, excused, stops] = [matcher(law.from), matcher(law.to), matcher(law.toNot), matcher(law.stopAt)];
  const graph = new Map(result.modules.map((module) => [module.source, module]));
  const forbids = ({ resolved, coreModule }: IDependency) =>
    (coreModule && law.core) || (bad(resolved) && !excused(resolved));

  return result.modules
    .filter(({ source }) => starts(source) && !/\.test\.tsx?$/.test(source))
    .flatMap(({ source }) => {
      const path = shortestPath(graph, source, forbids, stops);
      return path ? [`${path.join(" → ")}: ${law.name}, ${law.comment}`] : [];
    });
}

/** Breadth first, so that the path shown is a shortest one. */
function shortestPath(
  graph: Map<string, IModule>,
  start: string,
  forbids: (dependency: IDependency) => boolean,
  stops: (path: string) => boolean,
): string[] | undefined {
  const cameFrom = new Map<string, string | undefined>([[start, undefined]]);
  const pathTo = (end: string): string[] => {
    const path: string[] = [];
    for (let at: string | undefined = end; at !== undefined; at = cameFrom.get(at)) path.unshift(at);
    return path;
  };
  // A Map iterates over what is added while it is walked, so it is the queue as well.
  for (const [source] of cameFrom) {
    const module = graph.get(source);
    if (!module || (source !== start && stops(source))) continue;
    for (const dependency of needed(module)) {
      if (cameFrom.has(dependency.resolved)) continue;
      if (forbids(dependency)) return [...pathTo(source), dependency.resolved];
      cameFrom.set(dependency.resolved, source);
    }
  }
  return undefined;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const violations = await importViolations(process.cwd());
  for (const violation of violations) console.log(violation);
  if (violations.length > 0) {
    console.log(`${violations.length} violations of the import law`);
    process.exit(1);
  }
}
