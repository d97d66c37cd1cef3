import { z } from "zod";
import { AREAS, type Area } from "./rules";

const day = z.iso.date();

/** Which lines of the log; days by the brand's clock, both included. */
export const auditFilter = z.strictObject({
  area: z.enum(Object.keys(AREAS) as [Area, ...Area[]]).optional(),
  actor: z.enum(["user", "key", "system"]).optional(),
  from: day.optional(),
  to: day.optional(),
  /** Words that stand in the action, the subject, the details, or the name of who did it. */
  q: z
    .string()
    .trim()
    .max(100)
    .regex(/^\P{Cc}*$/u)
    .optional(),
});
export type AuditFilter = z.infer<typeof auditFilter>;

export const auditListInput = auditFilter.extend({
  /** Lines older than the one with this number. */
  cursor: z.int().positive().optional(),
  /** What the client sends along with a cursor. */
  direction: z.literal("forward").optional(),
});
export type AuditListInput = z.infer<typeof auditListInput>;

/** One line as a person reads it. */
export const auditEntry = z.object({
  id: z.int(),
  /** Its number in the brand's chain; null in lines from before there was one. */
  seq: z.int().nullable(),
  at: z.string(),
  actorType: z.enum(["user", "key", "system"]),
  actorId: z.string(),
  /** The person's name, where it was one who still has an account. */
  actorName: z.string().nullable(),
  action: z.string(),
  subject: z.string(),
  subjectName: z.string().nullable(),
  details: z.record(z.string(), z.unknown()),
});
export type AuditEntry = z.infer<typeof auditEntry>;

export const auditListOutput = z.object({ entries: z.array(auditEntry), cursor: z.int().nullable() });
export type AuditList = z.infer<typeof auditListOutput>;

export const auditCsvOutput = z.object({ filename: z.string(), csv: z.string(), truncated: z.boolean() });
export type AuditCsv = z.infer<typeof auditCsvOutput>;
