"use client";

import { useEffect, useState } from "react";
import { Segmented } from "@/components/segmented";
import { daysBetween, type Preset } from "../dashboard/rules";
import { MAX_DAYS } from "../rules";
import { useView } from "./view";

const CHOICES: { value: Preset | "custom"; label: string }[] = [
  { value: "7d", label: "7 days" },
  { value: "30d", label: "30 days" },
  { value: "90d", label: "90 days" },
  { value: "period", label: "This period" },
  { value: "custom", label: "Custom" },
];

const DATE =
  "h-9 rounded-control border border-line-control bg-surface px-2.5 text-13 text-ink aria-invalid:border-red dark:scheme-dark";

/** Which days are looked at: a few by name, any by date. Stands in the address, so that a view can be sent to somebody. */
export function PeriodPicker({ periodStart }: { periodStart: string }) {
  const { period, span, today, setView } = useView(periodStart);
  return (
    <div className="flex flex-wrap items-center gap-3">
      <Segmented
        legend="Days to look at"
        value={period}
        options={CHOICES}
        onChange={(value) =>
          setView({
            period: value,
            from: value === "custom" ? span.from : null,
            to: value === "custom" ? span.to : null,
            day: null,
            app: null,
          })
        }
      />
      {period === "custom" && (
        <CustomDays
          span={span}
          today={today}
          onChange={(next) => setView({ period: "custom", ...next, day: null, app: null })}
        />
      )}
    </div>
  );
}

function CustomDays({
  span,
  today,
  onChange,
}: {
  span: { from: string; to: string };
  today: string;
  onChange: (span: { from: string; to: string }) => void;
}) {
  const [days, setDays] = useState(span);
  const [asked, setAsked] = useState(span);
  // A change from elsewhere, such as the browser's back, begins the fields anew; they stay, and so does the focus in them.
  if (span.from !== asked.from || span.to !== asked.to) {
    setAsked(span);
    setDays(span);
  }
  const complete = days.from !== "" && days.to !== "";
  const wrong = !complete
    ? null
    : days.from > days.to
      ? "The first day comes after the last."
      : days.to > today
        ? "The last day is still to come."
        : daysBetween(days.from, days.to) >= MAX_DAYS
          ? `At most ${MAX_DAYS} days.`
          : null;
  const ready = complete && wrong === null && (days.from !== span.from || days.to !== span.to);
  useEffect(() => {
    if (!ready) return;
    // Whoever types a date passes through others.
    const timer = setTimeout(() => onChange(days), 500);
    return () => clearTimeout(timer);
  });
  return (
    <div className="flex flex-wrap items-center gap-2 text-13 text-ink-2">
      {(["from", "to"] as const).map((end) => (
        <label key={end} className="flex items-center gap-2">
          {end === "from" ? "From" : "to"}
          <input
            type="date"
            required
            max={today}
            className={DATE}
            value={days[end]}
            aria-invalid={wrong ? true : undefined}
            onChange={(event) => setDays({ ...days, [end]: event.target.value })}
          />
        </label>
      ))}
      <p aria-live="polite" className="text-12 text-red">
        {wrong}
      </p>
    </div>
  );
}
