import { z } from "zod";
import { type MailContent, MailLayout, type Reader, Say } from "../../emails/layout";

const facts = z.object({ endpoint_id: z.uuid(), host: z.string(), since: z.iso.datetime(), error: z.string() });

const when = (iso: string, timeZone: string): string =>
  new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short", timeZone }).format(new Date(iso));

const KINDS = {
  "webhooks.failing": {
    title: (host: string) => `Webhooks to ${host} are failing`,
    meaning: "We go on trying. If nothing gets through within three days, the endpoint is turned off.",
  },
  "webhooks.disabled": {
    title: (host: string) => `Webhooks to ${host} were turned off`,
    meaning:
      "Nothing got through for three days, so the endpoint was turned off. Once your receiver answers again, turn it on and send what was missed again.",
  },
  "webhooks.gone": {
    title: (host: string) => `Webhooks to ${host} were turned off`,
    meaning: "Your receiver answered 410, which says that it wants no more of them, so the endpoint was turned off.",
  },
} as const;

const isKind = (kind: string): kind is keyof typeof KINDS => Object.hasOwn(KINDS, kind);

/**
 * What a queued mail says, if it is one about webhooks.
 * @throws ZodError where its facts do not fit
 */
export function webhookContent(kind: string, given: Record<string, unknown>, reader: Reader): MailContent | undefined {
  if (!isKind(kind)) return undefined;
  const { endpoint_id, host, since, error } = facts.parse(given);
  const title = KINDS[kind].title(host);
  return {
    subject: title,
    body: (
      <MailLayout
        reader={reader}
        preview={error}
        title={title}
        why={`You get this because you are an admin of ${reader.brand}.`}
        action={{ label: "Open the endpoint", href: `${reader.url}/settings/webhooks/${endpoint_id}` }}
      >
        <Say>
          {kind === "webhooks.gone"
            ? `The last attempt: ${error}`
            : `No event has reached ${host} since ${when(since, reader.timeZone)}. The last attempt: ${error}`}
        </Say>
        <Say>{KINDS[kind].meaning}</Say>
      </MailLayout>
    ),
  };
}
