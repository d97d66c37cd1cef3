import { Figures, type MailContent, MailLayout, type Reader, Say } from "@/features/notifications/emails/layout";
import { because, billingPage, day, type Facts, formatTokens, list, plansPage } from "./words";

/** A plan was cancelled, or has ended. */
export function cancelled(facts: Facts<"cancelled">, reader: Reader): MailContent {
  const when = day(facts.ends_at, reader);
  const over = facts.timing === "ended";
  const title = over ? `${facts.plan} has ended` : `${facts.plan} ends on ${when}`;
  const apps = facts.paused_apps;
  return {
    subject: title,
    body: (
      <MailLayout
        reader={reader}
        preview={over ? "Tokens from packs stay." : `You can resume it until then.`}
        title={title}
        why={because(reader)}
        action={
          over
            ? { label: "Compare plans", href: plansPage(reader) }
            : { label: `Resume ${facts.plan}`, href: billingPage(reader) }
        }
      >
        <Say>
          {over
            ? "It will not be charged again, and what was left of its tokens has ended with it."
            : "It was cancelled and will not be charged again. Until then everything stays as it is, and you can resume it."}
        </Say>
        <Figures
          rows={[
            ["Plan", facts.plan],
            [over ? "Ended" : "Ends", when],
            ["Tokens from packs, which stay", formatTokens(facts.pack_tokens)],
          ]}
        />
        {apps.length > 0 && (
          <Say>
            {list(apps)} {apps.length === 1 ? "needs" : "need"} a plan and {apps.length === 1 ? "is" : "are"} paused
            {over ? "" : " then"}; settings are kept.
          </Say>
        )}
      </MailLayout>
    ),
  };
}
