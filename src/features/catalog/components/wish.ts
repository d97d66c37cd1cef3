import { parseAsBoolean, parseAsString, parseAsStringLiteral } from "nuqs";
import { APP_STATUSES } from "../contract";
import { SORTS } from "../rules";

/** How the marketplace's filters stand in its address; what is not asked for does not stand there. */
export const WISH = {
  q: parseAsString.withDefault(""),
  category: parseAsString,
  status: parseAsStringLiteral(APP_STATUSES),
  tier: parseAsStringLiteral(["starter", "professional", "enterprise"]),
  mine: parseAsBoolean.withDefault(false),
  sort: parseAsStringLiteral(SORTS).withDefault("name"),
};
