import { PROBLEMS, type ProblemCode } from "@/lib/errors";
import { MEANINGS } from "@/rest/openapi/problems";
import { Markdown } from "../../markdown";

export const metadata = { title: "Problem codes" };

/** Every code a refusal of the API may have; each has its own place to link to. */
export default function ErrorsPage() {
  const codes = (Object.keys(PROBLEMS) as ProblemCode[]).toSorted((a, b) => PROBLEMS[a][0] - PROBLEMS[b][0]);
  return (
    <>
      <h1 className="text-28 font-semibold">Problem codes</h1>
      <p className="mt-1 max-w-prose text-14 text-ink-2">
        A refusal is a problem as RFC 9457 has it, with a code of this list. A refusal changes nothing and does not use
        up an idempotency key.
      </p>
      <dl className="mt-6 grid gap-px overflow-hidden rounded-card border border-line bg-line">
        {codes.map((code) => (
          <div key={code} id={code} className="scroll-mt-6 bg-surface px-5 py-4 target:bg-accent-soft">
            <dt className="flex flex-wrap items-baseline gap-x-3">
              <code className="font-mono text-14 font-medium">{code}</code>
              <span className="text-13 text-ink-3 tabular-nums">{PROBLEMS[code][0]}</span>
            </dt>
            <dd className="[&_p]:mt-1">
              <Markdown>{MEANINGS[code]}</Markdown>
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}
