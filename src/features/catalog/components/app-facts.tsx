import Link from "next/link";
import type { ReactNode } from "react";
import { Card } from "@/components/card";
import { formatCount, formatDay } from "@/components/format";
import { CheckIcon } from "@/components/icons/interface";
import type { AppPage } from "../contract";
import { summarise, withDefaults } from "../dialect/rules";
import { categoryName, TIER_NAMES } from "../rules";

/** What an app does, and what it may see. */
export function AppAbout({ app }: { app: AppPage }) {
  return (
    <Card title="What it does">
      <div className="grid gap-5 px-4 pb-5 md:px-5">
        <p className="max-w-prose text-14">{app.about}</p>
        <div className="grid gap-5 md:grid-cols-2">
          <Lines title="Features" lines={app.features} />
          <Lines title="What it may access" lines={app.access} plain />
        </div>
      </div>
    </Card>
  );
}

function Lines({ title, lines, plain }: { title: string; lines: readonly string[]; plain?: boolean }) {
  return (
    <div>
      <h3 className="text-13 font-medium">{title}</h3>
      <ul className="mt-1.5 grid gap-1.5">
        {lines.map((line) => (
          <li key={line} className="flex items-start gap-2 text-13 text-ink-2">
            {plain ? (
              <span aria-hidden="true" className="mt-2 size-1 shrink-0 rounded-full bg-ink-3" />
            ) : (
              <CheckIcon size={16} className="mt-0.5 shrink-0 text-ink-3" />
            )}
            {line}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The figures of an app: price, plan, category, id, and where its guide is. */
export function AppFacts({ app }: { app: AppPage }) {
  const facts: [string, ReactNode][] = [
    [
      "Price",
      `${app.variablePrice ? "from " : ""}${formatCount(app.tokenCost)} ${app.tokenCost === 1 ? "token" : "tokens"} a use`,
    ],
    [
      "Plan",
      app.covered
        ? TIER_NAMES[app.tier]
        : `${TIER_NAMES[app.tier]}, yours ${app.planInForce ? `is ${app.plan}` : "is not in force"}`,
    ],
    ["Category", categoryName(app.category)],
    [
      "Id",
      <span key="id" className="font-mono text-12">
        {app.id}
      </span>,
    ],
    ...(app.documentationUrl
      ? [
          [
            "Guide",
            <Link key="guide" href={app.documentationUrl} className="text-accent-ink underline underline-offset-2">
              Documentation
            </Link>,
          ] as [string, ReactNode],
        ]
      : []),
  ];
  return (
    <Card title="At a glance">
      <dl className="grid px-4 pb-3 text-13 md:px-5">
        {facts.map(([name, value]) => (
          <div key={name} className="flex items-baseline justify-between gap-4 border-t border-line py-2">
            <dt className="text-ink-2">{name}</dt>
            <dd className="text-right">{value}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

/** What can be set, with what it is where nobody sets it. */
export function AppSettings({ app }: { app: AppPage }) {
  const lines = summarise(app.schema, withDefaults(app.schema, {}));
  return (
    <Card title="What you can set" aside={<p className="text-12 text-ink-3">as it is from the start</p>}>
      <dl className="grid px-4 pb-4 text-13 md:grid-cols-2 md:gap-x-8 md:px-5">
        {lines.map((line) => (
          <div key={line.path} className="flex items-baseline justify-between gap-4 border-t border-line py-2">
            <dt className="text-ink-2">{line.title}</dt>
            <dd className="max-w-3/5 shrink-0 text-right wrap-anywhere">
              {/^#[0-9a-f]{6}$/i.test(line.value) ? <Swatch color={line.value} /> : line.value}
            </dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

/** A colour with its name. */
export function Swatch({ color }: { color: string }) {
  return (
    <span className="inline-flex items-center gap-1.5 font-mono text-12">
      <span
        aria-hidden="true"
        className="size-3.5 rounded-full border border-line-strong"
        style={{ background: color }}
      />
      {color}
    </span>
  );
}

/** What changed, newest first. */
export function AppChangelog({ app }: { app: AppPage }) {
  return (
    <Card title="Changelog">
      <ol className="grid px-4 pb-4 md:px-5">
        {app.changelog.map((entry) => (
          <li
            key={`${entry.version} ${entry.date} ${entry.notes}`}
            className="flex gap-4 border-t border-line py-2.5 text-13"
          >
            <span className="figures w-24 shrink-0 text-ink-2">
              <span className="block font-medium text-ink">{entry.version}</span>
              <time dateTime={entry.date}>{formatDay(entry.date, "UTC")}</time>
            </span>
            <span>{entry.notes}</span>
          </li>
        ))}
      </ol>
    </Card>
  );
}
