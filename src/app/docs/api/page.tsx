import Link from "next/link";
import { PROBLEMS } from "@/lib/errors";
import { problemsByStatus, schemaOf, templateOf } from "@/rest/openapi/document";
import { OPERATIONS, type Operation } from "@/rest/openapi/operations";
import { anchorOf, CodeBlock, Markdown } from "../markdown";
import { Fields } from "./fields";

export const metadata = { title: "API reference" };

const INTRODUCTION = `The base is this site's own address. Send JSON, and the key as \`Authorization: Bearer ca_…\`: a **secret key**
(\`ca_sk_…\`) from a server, a **public key** (\`ca_pk_…\`) from a page whose origin is on its list. A \`test\` key acts on a sandbox
account and never on live tokens.

Every answer carries \`X-Request-Id\`. Limits are announced by \`RateLimit-Policy\` and \`RateLimit\`; after a 429 or a 503,
\`Retry-After\` says when to come again. The same as a file for your tools: [OpenAPI 3.1](/api/v1/openapi.json).`;

const METHOD = "rounded-[4px] bg-accent-soft px-1.5 py-0.5 font-mono text-12 font-medium text-accent-ink uppercase";

function OperationSection({ operation }: { operation: Operation }) {
  const { key, query, body, answers, csv, idempotent } = operation;
  return (
    <section aria-labelledby={operation.id} className="border-t border-line py-8">
      <h3 id={operation.id} className="scroll-mt-6 text-20 font-semibold">
        {operation.summary}
      </h3>
      <p className="mt-2 flex flex-wrap items-center gap-2 font-mono text-13 break-all">
        <span className={METHOD}>{operation.method}</span>
        {templateOf(operation.path)}
      </p>
      <Markdown>{operation.description}</Markdown>
      <p className="mt-3 text-13 text-ink-3">
        {key === null
          ? "No key needed."
          : key.kinds === "any"
            ? `Public key, or secret key with the scope ${key.scope}.`
            : `Secret key with the scope ${key.scope}.`}
        {idempotent && " Takes an Idempotency-Key."}
        {csv && " Also as CSV, with Accept: text/csv."}
      </p>
      {operation.idIs && (
        <p className="mt-1 text-13 text-ink-3">
          <code className="font-mono">id</code>: {operation.idIs}.
        </p>
      )}
      {query && <Fields title="Query" schema={schemaOf(query, "input")} />}
      {body && <Fields title="Body" schema={schemaOf(body, "input")} />}
      {Object.entries(answers).map(([status, contract]) => (
        <Fields key={status} title={`Answer ${status}`} schema={schemaOf(contract, "output")} answer />
      ))}
      <details className="mt-4 text-13">
        <summary className="min-h-6 cursor-pointer font-medium text-ink-2">What it may refuse</summary>
        <ul className="mt-2 grid gap-1">
          {[...problemsByStatus(operation)].flatMap(([status, codes]) =>
            codes.map((code) => (
              <li key={code} className="flex flex-wrap gap-x-3">
                <span className="w-8 text-ink-3 tabular-nums">{status}</span>
                <Link
                  href={`/docs/api/errors#${code}`}
                  className="font-mono text-accent-ink underline underline-offset-4"
                >
                  {code}
                </Link>
                <span className="text-ink-2">{PROBLEMS[code][1]}</span>
              </li>
            )),
          )}
        </ul>
      </details>
    </section>
  );
}

const EXAMPLE = `curl -s "$URL/api/v1/customer/tokens/consume" \\
  -H "Authorization: Bearer $SECRET_KEY" -H "Content-Type: application/json" \\
  -H "Idempotency-Key: order-1001" -d '{"app_id":"vto-001"}'`;

/** The API's reference, made from the contracts that validate its requests. */
export default function ApiPage() {
  const tags = [...new Set(OPERATIONS.map(({ tag }) => tag))];
  return (
    <>
      <h1 className="text-28 font-semibold">API reference</h1>
      <Markdown>{INTRODUCTION}</Markdown>
      <CodeBlock>{EXAMPLE}</CodeBlock>
      <nav aria-label="Calls" className="mt-6 grid gap-6 sm:grid-cols-2">
        {tags.map((tag) => (
          <div key={tag}>
            <p className="text-13 font-medium text-ink-3">{tag}</p>
            <ul className="mt-1">
              {OPERATIONS.filter((operation) => operation.tag === tag).map(({ id, summary }) => (
                <li key={id}>
                  <a href={`#${id}`} className="inline-flex min-h-7 items-center text-14 text-ink-2 hover:text-ink">
                    {summary}
                  </a>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </nav>
      {tags.map((tag) => (
        <section key={tag} aria-labelledby={anchorOf(tag)} className="mt-10">
          <h2 id={anchorOf(tag)} className="scroll-mt-6 pb-4 text-28 font-semibold">
            {tag}
          </h2>
          {OPERATIONS.filter((operation) => operation.tag === tag).map((operation) => (
            <OperationSection key={operation.id} operation={operation} />
          ))}
        </section>
      ))}
    </>
  );
}
