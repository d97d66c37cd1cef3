/** Something the person at the keyboard can mend: the message is a whole sentence for them, printed without a stack. */
export class StackError extends Error {}

/** The text of anything thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
