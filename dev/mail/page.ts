import type { InboxMail } from "./inbox";

const text = (value: string): string =>
  value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const time = (iso: string): string =>
  `<time datetime="${iso}">${new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(new Date(iso))}</time>`;

const row = (mail: InboxMail, open: boolean): string => `
      <li><a href="/mails/${mail.id}"${open ? ' aria-current="page"' : ""}>
        <b>${text(mail.subject) || "(no subject)"}</b>
        <span>${text(mail.to.join(", "))}</span>
        ${time(mail.receivedAt)}
      </a></li>`;

/** Which of a mail's three faces is shown. */
export const VIEWS = ["html", "text", "headers"] as const;
export type View = (typeof VIEWS)[number];
const NAMES: Record<View, string> = { html: "As sent", text: "Plain text", headers: "Headers" };

const face = (mail: InboxMail, view: View): string => {
  // Sandboxed without scripts and without our origin: a mail is somebody else's page.
  if (view === "html") {
    return `<iframe title="The mail as sent" sandbox="allow-popups allow-popups-to-escape-sandbox" src="/mails/${mail.id}/html"></iframe>`;
  }
  if (view === "text") return `<pre tabindex="0" aria-label="The mail as plain text">${text(mail.text)}</pre>`;
  return `<dl>${mail.headers.map(([name, value]) => `<dt>${text(name)}</dt><dd>${text(value)}</dd>`).join("")}</dl>`;
};

const opened = (mail: InboxMail, view: View): string => `
    <article aria-label="${text(mail.subject)}">
      <h2>${text(mail.subject)}</h2>
      <p>From ${text(mail.from)}<br>To ${text(mail.to.join(", "))}<br>${time(mail.receivedAt)}</p>
      <nav aria-label="Views">${VIEWS.map(
        (name) =>
          `<a href="/mails/${mail.id}?view=${name}"${name === view ? ' aria-current="page"' : ""}>${NAMES[name]}</a>`,
      ).join("")}</nav>
      ${(mail.files ?? []).map(({ name }, at) => `<p><a href="/mails/${mail.id}/files/${at}">${text(name)}</a></p>`).join("")}
      ${face(mail, view)}
    </article>`;

/** The inbox as a page: the list, and beside it the mail that is open. */
export function inboxPage(mails: readonly InboxMail[], mail: InboxMail | undefined, view: View): string {
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${mail ? `${text(mail.subject)} · ` : ""}Inbox</title>
  <link rel="stylesheet" href="/inbox.css">
</head>
<body class="${mail ? "open" : "list"}">
  <header>
    <h1><a href="/">Inbox</a></h1>
    <p>Mails that this machine&rsquo;s stack has sent. Nothing leaves it.</p>
    ${mails.length > 0 ? `<form method="post" action="/clear"><button>Empty the inbox</button></form>` : ""}
  </header>
  <main>
    ${
      mails.length === 0
        ? `<p class="empty">No mail yet. Buy a pack of tokens, and its receipt arrives here.</p>`
        : `<ul aria-label="Mails">${mails.map((one) => row(one, one.id === mail?.id)).join("")}
    </ul>`
    }${mail ? opened(mail, view) : mails.length > 0 ? `<p class="empty">Choose a mail.</p>` : ""}
  </main>
</body>
</html>
`;
}
