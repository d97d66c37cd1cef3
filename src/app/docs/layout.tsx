import Link from "next/link";
import type { ReactNode } from "react";
import { buttonClass } from "@/components/button";
import { Wordmark } from "@/components/icons/mark";
import { GUIDES } from "./guides";
import { DocsNavigation } from "./navigation";

/** The guides and the API's reference: open to anyone, signed in or not. */
export default function DocsLayout({ children }: { children: ReactNode }) {
  return (
    <>
      <header className="mx-auto flex h-18 w-full max-w-page items-center justify-between gap-4 px-5 md:px-8">
        <Link href="/" aria-label="VARAi Connected Apps, start page">
          <Wordmark />
        </Link>
        {/* A visit of its own and no soft change of page, which would keep this page's policy for scripts. */}
        <a href="/overview" className={buttonClass("plain")}>
          Open the app
        </a>
      </header>
      <div className="mx-auto grid w-full max-w-page gap-x-12 px-5 pb-20 md:grid-cols-[13rem_minmax(0,1fr)] md:px-8">
        <DocsNavigation guides={GUIDES.map(({ slug, title }) => ({ href: `/docs/${slug}`, title }))} />
        <main className="min-w-0 pt-2 md:pt-6">{children}</main>
      </div>
    </>
  );
}
