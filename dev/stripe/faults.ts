/** What is to go wrong with the next requests. */
export type Fault = "server_error" | "rate_limit" | "dropped_before" | "dropped_after";

export const FAULTS: readonly Fault[] = ["server_error", "rate_limit", "dropped_before", "dropped_after"];

interface Planned {
  readonly fault: Fault;
  /** Only requests whose `METHOD /path` this matches. */
  readonly only?: RegExp;
  left: number;
}

/**
 * Faults a test has asked for. `dropped_before` cuts the connection with nothing done, `dropped_after` with everything
 * done: to the caller both look the same.
 */
export class Faults {
  #planned: Planned[] = [];

  plan(fault: Fault, times: number, only?: string): void {
    this.#planned.push({ fault, left: times, ...(only && { only: new RegExp(only) }) });
  }

  /** The fault for this request, which is then used up. */
  take(request: string): Fault | undefined {
    const found = this.#planned.find((one) => one.left > 0 && (one.only?.test(request) ?? true));
    if (!found) return undefined;
    found.left--;
    return found.fault;
  }

  clear(): void {
    this.#planned = [];
  }
}
