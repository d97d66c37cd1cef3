/** Seeds that have failed once, with what they found. They are always run first. */
export const FAILED: readonly { readonly seed: number; readonly found: string }[] = [
  {
    seed: 403,
    found:
      "the model knew nothing of the mark that a dying drain leaves in a Redis started anew, by which whoever brings a key in has it drained first",
  },
  { seed: 511, found: "the same, in a race of a use with a change of plan" },
];
