"use client";

import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { Button } from "./button";
import { Notice } from "./notice";

/** The problem code of a refusal by our own API, where it gave one. */
function problemOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("data" in error)) return undefined;
  const { data } = error;
  if (typeof data !== "object" || data === null || !("problem" in data)) return undefined;
  return typeof data.problem === "string" ? data.problem : undefined;
}

/** Whether a change may have been made all the same: no answer came, or one of a server that broke on the way. */
export function outcomeUnknown(error: unknown): boolean {
  const problem = problemOf(error);
  return problem === undefined || problem === "internal_error";
}

/** What to tell a person about a failed question or change: our own words where we have them. */
export function describeFailure(error: unknown): string {
  const problem = problemOf(error);
  if (problem && error instanceof Error) return error.message;
  return "Our server could not be reached. Check your connection.";
}

/** What is wrong with each field of what was sent, by its path; empty where the failure is about none of them. */
export function fieldFailures(error: unknown): Readonly<Record<string, string>> {
  if (!(error instanceof Error) || !("data" in error)) return {};
  const { data } = error;
  if (typeof data !== "object" || data === null || !("fields" in data) || !Array.isArray(data.fields)) return {};
  return Object.fromEntries(data.fields.map(({ path, message }) => [path, message]));
}

/** Why something could not be read, where reading changes nothing and is tried again anyway. */
export function describeReadFailure(error: unknown): string {
  return problemOf(error) === "database_unavailable"
    ? "Our database cannot be reached at the moment."
    : describeFailure(error);
}

/** Sends a person whose session has ended back through the gate, which leads to the sign-in page and back here. */
export function useSessionEnd(error: unknown): void {
  const router = useRouter();
  const ended = problemOf(error) === "signed_out";
  useEffect(() => {
    if (ended) router.refresh();
  }, [ended, router]);
}

/** Stands where data would be: what happened, that nothing was lost, and how to go on. */
export function QueryError({ what, error, retry }: { what: string; error: unknown; retry: () => void }) {
  return (
    <Notice
      kind="soon"
      title={`${what} could not be loaded`}
      action={
        <Button size="small" onClick={retry}>
          Try again
        </Button>
      }
    >
      {describeReadFailure(error)} Nothing was lost.
    </Notice>
  );
}
