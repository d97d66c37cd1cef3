import { z } from "zod";
import { tone } from "../contract";
import { Figures, type MailContent, MailLayout, type Reader, Say, To } from "./layout";

const noticeFacts = z.object({
  title: z.string(),
  body: z.string(),
  href: z.string(),
  action: z.string(),
  tone,
  figures: z.array(z.tuple([z.string(), z.string()])),
});
const digestFacts = z.object({
  items: z
    .array(z.object({ title: z.string(), body: z.string(), tone, href: z.string(), at: z.iso.datetime() }))
    .min(1),
  more: z.int(),
});

const because = (reader: Reader): string =>
  `You get this because of what you have chosen to be told of at ${reader.brand}.`;
const choose = (reader: Reader) => ({
  label: "Choose what you are told",
  href: `${reader.url}/notifications/preferences`,
});

/** One thing to know about. */
function notice(facts: z.infer<typeof noticeFacts>, reader: Reader): MailContent {
  const { title, body, href, action, figures } = facts;
  return {
    subject: `${title} · ${reader.brand}`,
    body: (
      <MailLayout
        reader={reader}
        preview={body}
        title={title}
        why={because(reader)}
        foot={choose(reader)}
        action={{ label: action, href: reader.url + href }}
      >
        <Say>{body}</Say>
        {figures.length > 0 && <Figures rows={figures} />}
      </MailLayout>
    ),
  };
}

const clock = (iso: string, timeZone: string): string =>
  new Intl.DateTimeFormat("en-GB", {
    timeZone,
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(new Date(iso));

/** A day's things in one mail, the oldest first. */
function digest({ items, more }: z.infer<typeof digestFacts>, reader: Reader): MailContent {
  const all = items.length + more;
  const title = all === 1 ? "1 thing happened" : `${all} things happened`;
  return {
    subject: `${title} · ${reader.brand}`,
    body: (
      <MailLayout
        reader={reader}
        preview={items.map((item) => item.title).join(" · ")}
        title={title}
        why={because(reader)}
        foot={choose(reader)}
        action={{ label: "See all notifications", href: `${reader.url}/notifications` }}
      >
        {items.map((item) => (
          <Say key={`${item.at} ${item.title}`}>
            <To href={reader.url + item.href}>{item.title}</To>
            <br />
            {clock(item.at, reader.timeZone)}. {item.body}
          </Say>
        ))}
        {more > 0 && <Say>And {more} more.</Say>}
      </MailLayout>
    ),
  };
}

/**
 * What a queued mail says, if it is one of the notifications' own (`notifications.…`).
 * @throws ZodError where its facts do not fit
 */
export function noticeContent(kind: string, facts: Record<string, unknown>, reader: Reader): MailContent | undefined {
  if (kind === "notifications.notice") return notice(noticeFacts.parse(facts), reader);
  if (kind === "notifications.digest") return digest(digestFacts.parse(facts), reader);
  return undefined;
}
