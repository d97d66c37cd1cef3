/** What is switched as a whole, beside each app. A name that nothing asks for is not here. */
export const FEATURE_FLAGS = ["beta_apps"] as const;
export type FeatureFlag = (typeof FEATURE_FLAGS)[number];

/** What an app's flag is called. */
export const flagOfApp = (catalogId: string): string => `app:${catalogId}`;
