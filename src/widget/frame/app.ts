import type { FrameSession } from "@/features/activations/embed/contract";

/** What an app in the frame is given. */
export interface AppContext {
  readonly root: HTMLElement;
  readonly name: string;
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly language: FrameSession["language"];
  /** True on our own configure page: nothing is spent, and nobody is told of results. */
  readonly preview: boolean;
  /**
   * Asks our API below `/api/v1/widget/` with the session's token; throws its problem, or an error where nobody answers.
   * In the preview there is no session: our configure page answers for the brand, and fails where it cannot.
   */
  ask(path: string): Promise<unknown>;
  /** Counts a frame that the shopper was shown, once a session. In the preview nothing is counted. */
  saw(sku: string): void;
  /** Tells the shop's page what came of it, and counts it. */
  result(result: Readonly<Record<string, unknown>>): void;
  close(): void;
}

/** An app: draws itself, and returns what ends it (a camera, for one). */
export type WidgetApp = (context: AppContext) => () => void;

/** A field of the brand's configuration where it has the kind that is asked for. */
export function setting<T extends string | boolean | number>(
  { configuration }: Pick<AppContext, "configuration">,
  name: string,
  fallback: T,
): T {
  const value = Object.hasOwn(configuration, name) ? configuration[name] : undefined;
  return typeof value === typeof fallback ? (value as T) : fallback;
}
