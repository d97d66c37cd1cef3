import type { ReactElement, ReactNode } from "react";
import {
  Body,
  Button,
  Column,
  Container,
  Head,
  Heading,
  Hr,
  Html,
  Link,
  Preview,
  Row,
  render,
  Section,
  Text,
  toPlainText,
} from "react-email";
import type { EmailFile } from "@/lib/email";

/** Who a mail goes to, and what it needs of them to be read as theirs. */
export interface Reader {
  readonly name: string;
  readonly brand: string;
  /** The brand's zone, an IANA name, in which all days and times are. */
  readonly timeZone: string;
  /** Where people reach the web app, without a slash at the end. */
  readonly url: string;
}

/** A mail of one kind, before it is rendered. */
export interface MailContent {
  readonly subject: string;
  readonly body: ReactElement;
  /** Makes the files that go with it. */
  readonly files?: () => Promise<readonly EmailFile[]>;
}

/** Renders a mail as HTML and as plain text. */
export async function renderMail({
  subject,
  body,
  files,
}: MailContent): Promise<{ subject: string; html: string; text: string; files?: readonly EmailFile[] }> {
  const html = await render(body);
  // A figure stands behind its name, in one line; a heading is not shouted.
  const selectors = [
    { selector: "td", format: "inline" },
    { selector: "td.figure", format: "inlineSurround", options: { prefix: ": " } },
    { selector: "h1", options: { uppercase: false } },
  ];
  return { subject, html, text: toPlainText(html, { selectors }), ...(files ? { files: await files() } : {}) };
}

// The product's tokens (globals.css) as mail programs know colours. Classes carry the dark half, because only a style
// sheet can ask which of the two it is; where it is ignored, the light half stands inline.
const LIGHT = {
  ground: "#f6f8f9",
  surface: "#fdfdfe",
  line: "#dfe4e7",
  ink: "#0c1216",
  ink2: "#424c52",
  accent: "#007576",
};
const DARK = `
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
  body, .ground, .ground > tbody > tr > td, body > table > tbody > tr > td { background-color: #0c1216 !important; }
  .surface { background-color: #181f23 !important; border-color: #272f34 !important; }
  .line { border-color: #272f34 !important; }
  .ink { color: #f6f8f9 !important; }
  .ink-2 { color: #ccd2d6 !important; }
  .link { color: #57d0cd !important; }
  .action { background-color: #43c0bd !important; color: #0c1216 !important; }
}
@media (max-width: 480px) { .surface { padding: 24px 20px !important; } }`;
const FONT = "Geist, -apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif";

/** The one frame of every mail: what happened, what it means, at most one thing to do, and why it was sent. */
export function MailLayout({
  reader,
  preview,
  title,
  why,
  action,
  ofAccount = false,
  foot = { label: `Billing of ${reader.brand}`, href: `${reader.url}/billing` },
  children,
}: {
  reader: Reader;
  /** What a list of mails shows beside the subject. */
  preview: string;
  title: string;
  /** Why this person gets it, in one sentence. */
  why: string;
  action?: { label: string; href: string };
  /** It is about the person's account and not about a brand's money: the foot names no brand. */
  ofAccount?: boolean;
  /** The link below it all. */
  foot?: { label: string; href: string };
  children: ReactNode;
}) {
  return (
    <Html lang="en">
      <Head>
        <meta name="color-scheme" content="light dark" />
        <meta name="supported-color-schemes" content="light dark" />
        <title>{title}</title>
        <style>{DARK}</style>
      </Head>
      <Body
        className="ground"
        style={{ margin: 0, padding: "32px 12px", backgroundColor: LIGHT.ground, fontFamily: FONT }}
      >
        <Preview>{preview}</Preview>
        <Container style={{ maxWidth: "560px" }}>
          <Text className="ink" style={{ margin: "0 0 16px", fontSize: "14px", fontWeight: 600, color: LIGHT.ink }}>
            VARAi Connected Apps
          </Text>
          <Section
            className="surface"
            style={{
              padding: "32px",
              border: `1px solid ${LIGHT.line}`,
              borderRadius: "10px",
              backgroundColor: LIGHT.surface,
            }}
          >
            <Heading
              as="h1"
              className="ink"
              style={{ margin: "0 0 16px", fontSize: "20px", lineHeight: "28px", fontWeight: 600, color: LIGHT.ink }}
            >
              {title}
            </Heading>
            {children}
            {action && (
              <Section style={{ marginTop: "24px" }}>
                <Button
                  href={action.href}
                  className="action"
                  style={{
                    padding: "11px 18px",
                    borderRadius: "6px",
                    backgroundColor: LIGHT.accent,
                    color: LIGHT.surface,
                    fontSize: "14px",
                    fontWeight: 600,
                    textDecoration: "none",
                  }}
                >
                  {action.label}
                </Button>
              </Section>
            )}
          </Section>
          <Text
            className="ink-2"
            style={{ margin: "20px 0 0", fontSize: "12px", lineHeight: "18px", color: LIGHT.ink2 }}
          >
            {why}
            {!ofAccount && (
              <>
                {" "}
                Times are in {reader.timeZone}.{" "}
                <Link className="link" href={foot.href} style={{ color: LIGHT.accent }}>
                  {foot.label}
                </Link>
              </>
            )}
          </Text>
        </Container>
      </Body>
    </Html>
  );
}

/** A paragraph. */
export function Say({ children }: { children: ReactNode }) {
  return (
    <Text className="ink-2" style={{ margin: "0 0 12px", fontSize: "14px", lineHeight: "22px", color: LIGHT.ink2 }}>
      {children}
    </Text>
  );
}

/** A link inside a paragraph. */
export function To({ href, children }: { href: string; children: ReactNode }) {
  return (
    <Link className="link" href={href} style={{ color: LIGHT.accent, textDecoration: "underline" }}>
      {children}
    </Link>
  );
}

/** Figures with their names, one a row; a row whose figure is null is left out. The `total` row stands out. */
export function Figures({
  rows,
  total,
}: {
  rows: readonly (readonly [name: string, value: string | null])[];
  total?: readonly [string, string];
}) {
  const shown = rows.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]));
  return (
    <Section style={{ margin: "16px 0 12px" }}>
      {shown.map(([name, value]) => (
        <Figure key={name} name={name} value={value} />
      ))}
      {total && (
        <>
          <Hr className="line" style={{ margin: "8px 0", borderColor: LIGHT.line }} />
          <Figure name={total[0]} value={total[1]} strong />
        </>
      )}
    </Section>
  );
}

function Figure({ name, value, strong = false }: { name: string; value: string; strong?: boolean }) {
  const cell = { padding: "5px 0", fontSize: "14px", lineHeight: "20px", verticalAlign: "top" } as const;
  return (
    <Row>
      <Column
        className={strong ? "ink" : "ink-2"}
        style={{ ...cell, color: strong ? LIGHT.ink : LIGHT.ink2, fontWeight: strong ? 600 : 400 }}
      >
        {name}
      </Column>
      <Column
        className="figure ink"
        align="right"
        style={{
          ...cell,
          paddingLeft: "16px",
          color: LIGHT.ink,
          fontWeight: strong ? 600 : 500,
          fontVariantNumeric: "tabular-nums",
        }}
      >
        {value}
      </Column>
    </Row>
  );
}
