import { Figures, type MailContent, MailLayout, type Reader, Say } from "@/features/notifications/emails/layout";
import { spanWords } from "../../components/words";
import { type ReportFigures, reportFacts } from "../contract";
import { shareOf } from "../rules";
import { reportPdf } from "./pdf";

const month = new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" });
const count = new Intl.NumberFormat("en-US");

/** What a report is of: a month by its name, other days by theirs. */
const ofWhat = (figures: ReportFigures, monthly: boolean): string =>
  monthly ? month.format(Date.parse(figures.from)) : spanWords(figures);

/** What a queued mail says, if it is a report. @throws ZodError where its facts do not fit */
export function insightsContent(kind: string, facts: Record<string, unknown>, reader: Reader): MailContent | undefined {
  if (kind !== "insights.report") return undefined;
  const { figures, monthly } = reportFacts.parse(facts);
  const { totals, from, to } = figures;
  const title = `Your shop's apps, ${ofWhat(figures, monthly)}`;
  const converted = shareOf(totals.carted, totals.opened);
  const said =
    totals.opened === 0
      ? "No app was opened in your shop on these days."
      : `Of ${count.format(totals.opened)} sessions, ${count.format(totals.carted)} ended with a frame in the basket.`;
  return {
    subject: `${title} · ${reader.brand}`,
    body: (
      <MailLayout
        reader={reader}
        preview={said}
        title={title}
        why={
          monthly
            ? `You get this because you asked for each month's report of ${reader.brand}.`
            : `You get this because you asked for it at ${reader.brand}.`
        }
        foot={{ label: "Choose what you are sent", href: `${reader.url}/usage/insights` }}
        action={{ label: "See the figures", href: `${reader.url}/usage/insights?period=custom&from=${from}&to=${to}` }}
      >
        <Say>{said} The whole report is attached.</Say>
        <Figures
          rows={[
            ["Opened", count.format(totals.opened)],
            ["Came to a result", count.format(totals.results)],
            ["Put a frame into the basket", count.format(totals.carted)],
            ["Conversion", converted === null ? "–" : `${(converted * 100).toFixed(1)} %`],
          ]}
        />
      </MailLayout>
    ),
    files: async () => [
      {
        name: `analytics-${from}-${to}.pdf`,
        type: "application/pdf",
        bytes: await reportPdf(reader.brand, figures),
      },
    ],
  };
}
