import type { Metadata } from "next";
import Link from "next/link";
import { notFound } from "next/navigation";
import { formatTokens } from "@/components/format";
import { AppIcon } from "@/components/icons/apps";
import { publicAppNamed } from "@/features/catalog/queries";
import { ourPageOf } from "@/features/catalog/rules";
import { Refusal } from "@/lib/errors";
import { metering } from "@/rest/internal/metering";
import { CodeBlock, Markdown } from "../../markdown";
import { Settings } from "./settings";

interface Params {
  readonly params: Promise<{ readonly slug: string }>;
}

// The catalogue may change at any time.
export const dynamic = "force-dynamic";

async function named({ params }: Params) {
  try {
    return await publicAppNamed(metering().db, (await params).slug);
  } catch (error) {
    if (error instanceof Refusal && error.code === "app_not_found") notFound();
    throw error;
  }
}

export async function generateMetadata(props: Params): Promise<Metadata> {
  const { name, description } = await named(props);
  return { title: name, description };
}

const price = (tokens: number, variable: boolean): string =>
  variable ? `From ${formatTokens(tokens)} a use` : `${formatTokens(tokens)} a use`;

/** What a developer needs to know of one app: what it takes, how it is put into a page, and what can be set. */
export default async function AppDocsPage(props: Params) {
  const app = await named(props);
  const ours = ourPageOf(app.id);
  return (
    <>
      <p className="mb-3 text-13">
        <Link
          href="/docs/apps"
          className="inline-flex min-h-6 items-center text-ink-2 underline underline-offset-2 hover:text-ink"
        >
          Apps
        </Link>
      </p>
      <div className="flex items-center gap-4">
        <AppIcon appId={app.id} size={44} />
        <div>
          <h1 className="text-28 font-semibold">{app.name}</h1>
          <p className="text-13 text-ink-3">
            <code className="font-mono">{app.id}</code>, {price(app.token_cost, app.variable_price)}
          </p>
        </div>
      </div>
      <Markdown>{`${app.description}\n\n${app.features.map((feature) => `- ${feature}`).join("\n")}`}</Markdown>
      {ours ? (
        <>
          <h2 className="mt-10 text-20 font-semibold">Where it works</h2>
          <Markdown>{`On a page of ours, [${ours.href}](${ours.href}), once it is active; nothing of it stands in the shop. One use is one ${ours.unit}. [The guide](/docs/analytics) has the rest.`}</Markdown>
        </>
      ) : (
        <>
          <h2 className="mt-10 text-20 font-semibold">In a page</h2>
          <CodeBlock>{`<varai-app app="${app.slug}"></varai-app>`}</CodeBlock>
          <Markdown>
            The loader's line stands once in the page; [Embedding](/docs/embedding) has it for each shop system. The app
            has to be active for the brand, and the page's origin on the key's list.
          </Markdown>
          <h2 className="mt-10 text-20 font-semibold">By API</h2>
          <CodeBlock>{`curl -s "$URL/api/v1/customer/tokens/consume" \\
  -H "Authorization: Bearer $SECRET_KEY" -H "Content-Type: application/json" \\
  -H "Idempotency-Key: visit-1001" -d '{"app_id":"${app.id}"}'`}</CodeBlock>
        </>
      )}
      <h2 className="mt-10 text-20 font-semibold">Configuration</h2>
      <Markdown>
        Set on the app's page under Configure, or with `PUT /api/v1/customer/apps/…/configuration`. What is left out has
        its default; a field that is not in this list is refused.
      </Markdown>
      <Settings schema={app.configuration_schema} />
    </>
  );
}
