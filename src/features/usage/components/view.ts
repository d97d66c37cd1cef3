import { parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { useNow } from "@/components/clock";
import { useTimeZone } from "@/components/time";
import { askedSpan, dateIn, PRESETS } from "../dashboard/rules";

/** How what is looked at stands in the address; what is not asked for does not stand there. */
const VIEW = {
  period: parseAsStringLiteral([...PRESETS, "custom"]).withDefault("30d"),
  from: parseAsString,
  to: parseAsString,
  day: parseAsString,
  app: parseAsString,
};

/** The days that are looked at, by the address and the brand's clock, and how to look at others. */
export function useView(periodStart: string) {
  const [view, setView] = useQueryStates(VIEW, { history: "replace" });
  const today = dateIn(useTimeZone(), useNow());
  return { ...view, span: askedSpan(view, today, periodStart), today, setView };
}
