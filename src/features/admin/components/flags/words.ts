import type { Flag } from "../../flags/contract";

/** What a flag is called: an app by its name, a feature by words of its own. */
export const flagName = (flag: Flag): string => flag.app?.name ?? "Apps in beta";
