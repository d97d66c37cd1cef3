"use client";

import { ChartCard } from "@/components/chart/chart-card";
import { StackedDays } from "@/components/chart/stacked-days";
import { formatCount } from "@/components/format";
import { longDate, shortDate, spanWords } from "../../components/words";
import type { InsightFigures } from "../contract";
import { shareOf } from "../rules";
import { percent } from "./words";

/** Each day's sessions, those that ended with a basket apart from the others. */
export function DaysCard({ data }: { data: InsightFigures }) {
  return (
    <ChartCard
      title="Sessions by day"
      hint={
        <>
          Sessions by the day they were opened on, {data.timeZone}; the part in colour put a frame into the basket. The
          dotted line is {spanWords(data.before)}, day by day.{data.to === data.today && " Today is not over."}
        </>
      }
      file={`sessions-by-day-${data.from}-${data.to}`}
      figures={{
        columns: ["Day", "Opened", "Results", "Baskets", "Conversion", "Opened the period before"],
        rows: data.days.map(({ date, opened, results, carted, before }) => ({
          key: date,
          cells: [date, opened, results, carted, percent(shareOf(carted, opened)), before],
        })),
        format: formatCount,
      }}
    >
      <StackedDays
        title="Sessions by day, with a basket and without. Arrow keys move from day to day; the table holds every figure."
        days={data.days.map(({ date, opened, carted, before }) => ({
          key: date,
          values: [carted, opened - carted],
          before,
        }))}
        layers={[
          { name: "With a basket", color: "var(--app-adv-001)" },
          { name: "Without", color: "var(--line-strong)" },
        ]}
        short={shortDate}
        long={longDate}
        unit="sessions"
        beforeName={`${spanWords(data.before)}, day by day`}
        picked={null}
      />
    </ChartCard>
  );
}
