import type { PdWords } from "./words";

/** What can go wrong, by the name of its words. */
export type Fault = { [K in keyof PdWords]: PdWords[K] extends string ? K : never }[keyof PdWords];

/** Thrown inside the calculator for what the shopper can do something about. */
export class PdFault extends Error {
  readonly fault: Fault;
  constructor(fault: Fault) {
    super(fault);
    this.fault = fault;
  }
}
