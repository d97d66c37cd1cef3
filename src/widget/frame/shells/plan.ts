/** The apps whose work in the frame is still to come. */
export type ShellApp =
  | "virtual-try-on"
  | "face-shape-analysis"
  | "style-consultation"
  | "fit-consultation"
  | "eyewear-recommendations"
  | "contact-lens-try-on"
  | "conversational-ai"
  | "advanced-analytics";

/** What an app will do: in a sentence, and step by step. */
interface PlanWords {
  readonly lead: string;
  readonly steps: readonly (readonly [title: string, text: string])[];
}

export interface ShellWords {
  readonly note: string;
  readonly unknown: string;
  readonly apps: Readonly<Record<ShellApp, PlanWords>>;
}
