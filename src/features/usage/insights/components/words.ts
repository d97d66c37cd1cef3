/** A share as a person reads it: `12.4 %`; a dash where there is none. */
export const percent = (share: number | null): string => (share === null ? "–" : `${(share * 100).toFixed(1)} %`);

const WHY_NOT: Readonly<Record<string, string>> = {
  insufficient_tokens: "not made: too few tokens",
  spend_cap_reached: "not made: your spend cap",
  app_not_active: "not made: the app was off",
};

/** Why a report was not made, in a few words. */
export const whyNotMade = (reason: string | null): string => (reason && WHY_NOT[reason]) ?? "on its way";
