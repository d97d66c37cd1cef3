import Link from "next/link";
import { GUIDES } from "./guides";

export const metadata = { title: "Documentation" };

/** What there is to read. */
export default function DocsPage() {
  const entries = [
    ...GUIDES.map(({ slug, title, about }) => ({ href: `/docs/${slug}`, title, about })),
    { href: "/docs/api", title: "API reference", about: "Every call, what it takes and what it answers." },
    { href: "/docs/api/errors", title: "Problem codes", about: "Every code a refusal may have, and what to do." },
  ];
  return (
    <>
      <h1 className="text-28 font-semibold">Documentation</h1>
      <p className="mt-1 max-w-prose text-14 text-ink-2">For brands, and for whoever builds their shops.</p>
      <ul className="mt-6 grid gap-3 lg:grid-cols-2">
        {entries.map(({ href, title, about }) => (
          <li
            key={href}
            className="relative rounded-card border border-line bg-surface p-5 hover:border-line-strong has-focus-visible:outline-2"
          >
            <h2 className="text-16 font-semibold">
              <Link href={href} className="after:absolute after:inset-0 after:rounded-card">
                {title}
              </Link>
            </h2>
            <p className="mt-1 text-14 text-ink-2">{about}</p>
          </li>
        ))}
      </ul>
    </>
  );
}
