/** How many entries the overview shows and draws. */
export const ENTRIES = { limit: 30 } as const;

/**
 * How a figure is kept live where the server cannot tell us of changes: asked for every second while the page is in view.
 * A failed question is not repeated: the next one is a second away.
 */
export const LIVE = { refetchInterval: 1_000, retry: false } as const;
