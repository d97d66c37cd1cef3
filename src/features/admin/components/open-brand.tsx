"use client";

import type { ReactNode } from "react";
import { useState } from "react";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { ChartCard } from "@/components/chart/chart-card";
import { SignedBars } from "@/components/chart/signed-bars";
import { formatCount, formatDelta } from "@/components/format";
import { Notice } from "@/components/notice";
import { RowHead, Table, Td, Th, Tr } from "@/components/table";
import { ClockTime, RelativeTime } from "@/components/time";
import { actionWords } from "@/features/audit/rules";
import type { OpenView } from "../support/contract";
import { CorrectDialog } from "./correct-dialog";
import { QuotaDialog } from "./quota-dialog";
import { RevokeDialog } from "./revoke-dialog";
import { Stat, Stats } from "./stat";
import { STATUS } from "./words";

const dayOf = (date: string): string =>
  new Date(`${date}T00:00:00Z`).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

const APP_STATES: Readonly<Record<string, string>> = { active: "Active", paused: "Paused", disabled: "Turned off" };

/** What a brand's own people see, to be read; and what can be done for them. */
export function OpenBrand({ view }: { view: OpenView }) {
  const [correcting, setCorrecting] = useState(false);
  const [resetting, setResetting] = useState(false);
  const [revoking, setRevoking] = useState<OpenView["keys"][number] | null>(null);
  const { plan, balance, brand } = view;
  const used = view.days.reduce((sum, { tokens }) => sum + tokens, 0);
  return (
    <>
      <Notice kind="info" title="You look into a brand that is not yours">
        “{view.reason}”. Open until <ClockTime iso={view.expiresAt} />, and written in their audit log.
      </Notice>
      <Stats>
        <Stat name="Balance" about="As Redis decides on it, or the ledger where Redis is away.">
          {balance.unlimited ? "unlimited" : formatCount(balance.tokens ?? 0)}
        </Stat>
        <Stat
          name="Plan"
          about="As the payment provider last said."
          note={
            plan &&
            `${STATUS[plan.status as keyof typeof STATUS] ?? plan.status}${plan.paid ? "" : ", given"}${plan.periodEnd ? `, until ${plan.periodEnd.slice(0, 10)}` : ""}`
          }
        >
          {plan?.name ?? "none"}
        </Stat>
        <Stat name="Tokens, 30 days" about="What the uses of the last 30 days cost, by the brand's clock.">
          {formatCount(used)}
        </Stat>
        <Stat name="Since" about="When the brand was made." note={brand.timeZone}>
          {brand.createdAt.slice(0, 10)}
        </Stat>
      </Stats>
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => setCorrecting(true)}>Correct tokens</Button>
        {plan && !balance.unlimited && <Button onClick={() => setResetting(true)}>Reset quota</Button>}
      </div>
      <ChartCard
        title="Tokens by day"
        hint={`The last 30 days by the brand's clock, ${brand.timeZone}.`}
        file={`${brand.slug}-tokens`}
        figures={{
          columns: ["Day", "Tokens", "Uses"],
          rows: view.days.map(({ date, tokens, uses }) => ({ key: date, cells: [date, tokens, uses] })),
          format: formatCount,
        }}
      >
        <SignedBars
          title="Tokens by day"
          bars={view.days.map(({ date, tokens }) => ({ key: date, values: [tokens] }))}
          layers={[{ name: "Tokens", color: "var(--accent)" }]}
          short={dayOf}
          format={formatCount}
        />
      </ChartCard>
      <div className="grid gap-4 xl:grid-cols-2 xl:items-start">
        <Part title="Apps" none="No app was turned on." rows={view.apps.length}>
          <Table label="Apps">
            <thead>
              <Tr>
                <Th>App</Th>
                <Th>State</Th>
                <Th className="text-right">Last use</Th>
              </Tr>
            </thead>
            <tbody>
              {view.apps.map((app) => (
                <Tr key={app.appId}>
                  <RowHead>{app.name}</RowHead>
                  <Td>
                    <Badge tone={app.status === "active" ? "done" : "neutral"}>
                      {APP_STATES[app.status] ?? app.status}
                    </Badge>
                  </Td>
                  <Td className="text-right">{app.lastUsedAt ? <RelativeTime iso={app.lastUsedAt} /> : "never"}</Td>
                </Tr>
              ))}
            </tbody>
          </Table>
        </Part>
        <Part title="People" none="Nobody belongs to this brand." rows={view.people.length}>
          <Table label="People">
            <thead>
              <Tr>
                <Th>Name</Th>
                <Th>Role</Th>
              </Tr>
            </thead>
            <tbody>
              {view.people.map((person) => (
                <Tr key={person.email}>
                  <RowHead>
                    {person.name}
                    <span className="block text-12 wrap-anywhere text-ink-3">{person.email}</span>
                  </RowHead>
                  <Td className="capitalize">{person.role}</Td>
                </Tr>
              ))}
            </tbody>
          </Table>
        </Part>
        <Part title="Keys" none="There is no key." rows={view.keys.length}>
          <Table label="Keys">
            <thead>
              <Tr>
                <Th>Key</Th>
                <Th>State</Th>
                <Th>
                  <span className="sr-only">Actions</span>
                </Th>
              </Tr>
            </thead>
            <tbody>
              {view.keys.map((key) => (
                <Tr key={key.keyId}>
                  <RowHead>
                    {key.name}
                    <span className="block font-mono text-12 wrap-anywhere text-ink-3">
                      {key.keyId} … {key.lastFour}
                    </span>
                  </RowHead>
                  <Td>
                    {key.revokedAt ? (
                      <Badge tone="stopped">Revoked</Badge>
                    ) : (
                      <Badge tone="done">{key.mode === "live" ? "Live" : "Test"}</Badge>
                    )}
                  </Td>
                  <Td className="text-right">
                    {!key.revokedAt && (
                      <Button look="quiet" size="small" onClick={() => setRevoking(key)}>
                        Revoke<span className="sr-only"> {key.name}</span>
                      </Button>
                    )}
                  </Td>
                </Tr>
              ))}
            </tbody>
          </Table>
        </Part>
        <Part title="Latest entries" none="The ledger holds nothing yet." rows={view.entries.length}>
          <Table label="Latest entries">
            <thead>
              <Tr>
                <Th>Entry</Th>
                <Th className="text-right">Tokens</Th>
                <Th className="text-right">After</Th>
              </Tr>
            </thead>
            <tbody>
              {view.entries.map((entry) => (
                <Tr key={`${entry.epoch}/${entry.seq}`}>
                  <RowHead>
                    {entry.app ?? entry.kind}
                    <span className="block text-12 text-ink-3">
                      {entry.kind}, <ClockTime iso={entry.at} />
                    </span>
                  </RowHead>
                  <Td className="figures text-right">{formatDelta(entry.delta)}</Td>
                  <Td className="figures text-right">{formatCount(entry.balanceAfter)}</Td>
                </Tr>
              ))}
            </tbody>
          </Table>
        </Part>
      </div>
      <Part title="Their audit log" none="Nothing has been written yet." rows={view.log.length}>
        <Table label="Their audit log">
          <thead>
            <Tr>
              <Th>What</Th>
              <Th className="max-md:hidden">Who</Th>
              <Th className="text-right">When</Th>
            </Tr>
          </thead>
          <tbody>
            {view.log.map((line) => (
              <Tr key={line.id}>
                <RowHead>
                  <span className="font-medium">{actionWords(line.action).verb}</span>{" "}
                  <span className="text-ink-3">{actionWords(line.action).area}</span>
                  <span className="block text-12 wrap-anywhere text-ink-3">{line.subject}</span>
                </RowHead>
                <Td className="max-md:hidden">{line.actor}</Td>
                <Td className="text-right">
                  <RelativeTime iso={line.at} />
                </Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      </Part>
      <CorrectDialog customerId={brand.id} name={brand.name} open={correcting} onOpenChange={setCorrecting} />
      {resetting && <QuotaDialog customerId={brand.id} name={brand.name} onClose={() => setResetting(false)} />}
      <RevokeDialog customerId={brand.id} target={revoking} onClose={() => setRevoking(null)} />
    </>
  );
}

function Part({ title, none, rows, children }: { title: string; none: string; rows: number; children: ReactNode }) {
  return (
    <Card title={title}>{rows === 0 ? <p className="px-4 pb-5 text-14 text-ink-2 md:px-5">{none}</p> : children}</Card>
  );
}
