"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { formatDay, formatMoney, formatTokens } from "@/components/format";
import { describeReadFailure } from "@/components/query-error";
import { useTRPC } from "@/trpc/client";
import type { OverageInput, OveragePreviewOutput, PackView } from "../contract";
import { monthName } from "./words";

const PAUSE_MS = 400;

/** What the settings in the form would have done with last month's uses. */
export function OveragePreview({ input, packs }: { input: OverageInput | undefined; packs: PackView[] }) {
  const trpc = useTRPC();
  const settled = useSettled(input);
  const { data, error } = useQuery(
    trpc.billing.previewOverage.queryOptions(
      settled ?? {
        mode: "stop",
        topUp: null,
        lowBalanceTokens: null,
        alertDailyTokens: null,
        alertMonthlyTokens: null,
      },
      {
        enabled: settled !== undefined,
        placeholderData: keepPreviousData,
        staleTime: 60_000,
      },
    ),
  );
  return (
    <div className="rounded-control bg-inset px-4 py-3">
      <p className="text-13 font-medium">{data ? `With these settings, in ${monthName(data.month)}` : "Last month"}</p>
      <p className="min-h-10 text-13 text-ink-2" aria-live="polite">
        {!input
          ? "Mend the fields above to see what would have happened."
          : data
            ? sentence(data, input, packs)
            : error
              ? describeReadFailure(error)
              : ""}
      </p>
    </div>
  );
}

function sentence(data: OveragePreviewOutput, input: OverageInput, packs: PackView[]): string {
  if (data.nothingKnown) return "There were no uses to tell anything from.";
  const used = `You used ${formatTokens(data.tokensUsed)}.`;
  const pack = packs.find((each) => each.id === input.topUp?.packId);
  const bought =
    input.mode === "stop"
      ? ""
      : data.topUps === 0
        ? " No pack would have been bought."
        : ` ${data.topUps} ${data.topUps === 1 ? "pack" : "packs"}${pack ? ` of ${formatTokens(pack.tokens)}` : ""} would have been bought for ${formatMoney(data.costCents)}.`;
  const refused = data.stoppedAt
    ? ` Uses would have been refused from ${formatDay(data.stoppedAt, "UTC")} on, ${formatTokens(data.tokensRefused)} in all.`
    : " No use would have been refused.";
  return used + bought + refused;
}

/** The value once it has rested: not every letter typed is a question. */
function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  const text = JSON.stringify(value);
  useEffect(() => {
    const timer = setTimeout(
      () => setSettled(text === undefined ? (undefined as T) : (JSON.parse(text) as T)),
      PAUSE_MS,
    );
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
