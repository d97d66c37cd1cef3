/** How long after its end a day is packed, minutes: by then the drain has nearly always written all of it. */
export const SETTLED_MINUTES = 10;
/** What uses are brought together by, minutes: every time zone's days and hours consist of such slots. */
export const SLOT_MINUTES = 15;
