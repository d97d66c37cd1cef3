import { lexer, type Token, type Tokens } from "marked";
import Link from "next/link";
import type { ReactNode } from "react";
import { GUIDES } from "./guides";

/** What a heading is called in an address. */
export const anchorOf = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");

/** True for a page of these, which has the same policy for scripts as the one that leads to it. */
export const isGuide = (href: string): boolean => /^\/docs(?:[/?#]|$)/.test(href);

/** Parts of a text, which never change their places, with a key each. */
const keyed = <T,>(items: readonly T[]) => items.map((item, at) => ({ key: String(at), item }));

/**
 * Where a link of a guide leads on the site: another guide's file is its page. Null for a file of the repository that has no page
 * here: whoever reads the file there can follow it.
 */
export function hrefOf(href: string): string | null {
  if (/^(?:https?:|mailto:|\/|#)/.test(href)) return href;
  const [, name, anchor = ""] = /^(?:\.\/)?(?:guides\/)?([a-z-]+)\.md(#.*)?$/.exec(href) ?? [];
  return GUIDES.some(({ slug }) => slug === name) ? `/docs/${name}${anchor}` : null;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#39;": "'",
};
const plain = (text: string): string =>
  text.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity] ?? entity);

const CODE = "rounded-[4px] bg-inset px-1 py-0.5 font-mono text-[0.9em] break-words";

function Inline({ tokens = [] }: { tokens?: Token[] | undefined }): ReactNode {
  return tokens.map((token, i) => {
    const key = `${i}:${token.type}`;
    switch (token.type) {
      case "strong":
        return (
          <strong key={key} className="font-semibold text-ink">
            <Inline tokens={token.tokens} />
          </strong>
        );
      case "em":
        return (
          <em key={key}>
            <Inline tokens={token.tokens} />
          </em>
        );
      case "codespan":
        return (
          <code key={key} className={CODE}>
            {plain(String(token.text))}
          </code>
        );
      case "link": {
        const href = hrefOf(String(token.href));
        if (href === null) return <Inline key={key} tokens={token.tokens} />;
        const link = "font-medium text-accent-ink underline underline-offset-4";
        // Into the app the way is a visit of its own: a soft change of page would keep this page's policy for scripts.
        return isGuide(href) ? (
          <Link key={key} href={href} className={link}>
            <Inline tokens={token.tokens} />
          </Link>
        ) : (
          <a key={key} href={href} className={link}>
            <Inline tokens={token.tokens} />
          </a>
        );
      }
      case "br":
        return <br key={key} />;
      case "text":
        return "tokens" in token && token.tokens ? (
          <Inline key={key} tokens={token.tokens} />
        ) : (
          plain(String(token.text))
        );
      default:
        return plain(String("text" in token ? token.text : token.raw));
    }
  });
}

const HEADINGS: Readonly<Record<number, string>> = {
  1: "text-28 font-semibold text-ink",
  2: "mt-10 scroll-mt-6 text-20 font-semibold text-ink",
  3: "mt-7 scroll-mt-6 text-16 font-semibold text-ink",
};

function Heading({ depth, text, tokens }: Tokens.Heading): ReactNode {
  const Tag = depth === 1 ? "h1" : depth === 2 ? "h2" : "h3";
  return (
    <Tag id={anchorOf(plain(text))} className={HEADINGS[Math.min(depth, 3)]}>
      <Inline tokens={tokens} />
    </Tag>
  );
}

function List({ ordered, start, items }: Tokens.List): ReactNode {
  const Tag = ordered ? "ol" : "ul";
  return (
    <Tag
      className={`mt-3 grid max-w-prose gap-1.5 pl-5 ${ordered ? "list-decimal" : "list-disc"}`}
      {...(ordered && typeof start === "number" ? { start } : {})}
    >
      {keyed(items).map(({ key, item }) => (
        <li key={key}>
          <Blocks tokens={item.tokens} tight />
        </li>
      ))}
    </Tag>
  );
}

function Rows({ header, rows }: Tokens.Table): ReactNode {
  return (
    <div className="mt-4 overflow-hidden rounded-card border border-line bg-surface">
      <table className="w-full border-collapse text-left text-13">
        <thead>
          <tr>
            {keyed(header).map(({ key, item: cell }) => (
              <th key={key} scope="col" className="border-b border-line px-3 py-2 font-medium text-ink-3 md:px-4">
                <Inline tokens={cell.tokens} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {keyed(rows).map(({ key, item: row }) => (
            <tr key={key} className="align-top [&:not(:last-child)>td]:border-b">
              {keyed(row).map(({ key: column, item: cell }) => (
                <td key={column} className="border-line px-3 py-2.5 break-words md:px-4">
                  <Inline tokens={cell.tokens} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Code; what is wider than the screen goes on in the next line. */
export function CodeBlock({ children }: { children: string }): ReactNode {
  return (
    <pre className="mt-3 rounded-card border border-line bg-inset p-4 font-mono text-13 leading-relaxed text-ink break-words whitespace-pre-wrap">
      <code>{children}</code>
    </pre>
  );
}

function Blocks({ tokens, tight = false }: { tokens: Token[]; tight?: boolean }): ReactNode {
  return tokens.map((token, i) => {
    const key = `${i}:${token.type}`;
    switch (token.type) {
      case "heading":
        return <Heading key={key} {...(token as Tokens.Heading)} />;
      case "paragraph":
        return (
          <p key={key} className={tight ? "" : "mt-3 max-w-prose"}>
            <Inline tokens={token.tokens} />
          </p>
        );
      case "text":
        return <Inline key={key} tokens={token.tokens ?? [token]} />;
      case "list":
        return <List key={key} {...(token as Tokens.List)} />;
      case "code":
        return <CodeBlock key={key}>{String(token.text)}</CodeBlock>;
      case "table":
        return <Rows key={key} {...(token as Tokens.Table)} />;
      case "blockquote":
        return (
          <blockquote key={key} className="mt-3 border-l-2 border-line-strong pl-4 text-ink-2">
            <Blocks tokens={token.tokens ?? []} />
          </blockquote>
        );
      default:
        return null;
    }
  });
}

/** Markdown of ours as a page's text. Markup inside it is shown as it is written, never run. */
export function Markdown({ children }: { children: string }): ReactNode {
  return (
    <article className="text-14 leading-relaxed text-ink-2 md:text-[15px]">
      <Blocks tokens={lexer(children)} />
    </article>
  );
}
