import type { Onboarding, Step } from "./contract";

/** How long after its first token a brand is shown first steps: who has been at work for two weeks needs none. */
const SHOWN_MS = 14 * 24 * 60 * 60 * 1000;

/** Whether the list of first steps still says something to somebody. */
export const isShown = (
  facts: { readonly done: Onboarding["done"]; readonly hidden: boolean; readonly firstTokenAt: Date | null },
  now: number,
): boolean =>
  !facts.hidden &&
  Object.values(facts.done).some((done) => !done) &&
  (facts.firstTokenAt === null || now - facts.firstTokenAt.getTime() < SHOWN_MS);

/** The step to go on with: the first that is not done. */
export const nextStep = (done: Onboarding["done"], steps: readonly Step[]): Step | undefined =>
  steps.find((step) => !done[step]);
