import { z } from "zod";
import { currency } from "../contract";

/** The fields a column can be, in the order in which the wizard shows them. */
export const FIELDS = [
  "sku",
  "name",
  "brand",
  "description",
  "shape",
  "material",
  "colour",
  "gender",
  "price",
  "currency",
  "lens_mm",
  "bridge_mm",
  "temple_mm",
  "height_mm",
  "width_mm",
  "weight_g",
  "size",
  "url",
  "image_url",
  "available",
] as const;
export type Field = (typeof FIELDS)[number];

/** Which column, counted from 0, is which field. */
export const mapping = z
  .partialRecord(z.enum(FIELDS), z.int().min(0).max(499))
  .refine((fields) => fields.sku !== undefined, { path: ["sku"], error: "Say which column is the SKU." })
  .refine((fields) => new Set(Object.values(fields)).size === Object.keys(fields).length, {
    error: "One column can be one field only.",
  });
export type Mapping = z.output<typeof mapping>;

export const IMPORT_STATUSES = ["uploaded", "running", "done", "stopped", "failed"] as const;

/** An import as people see it. */
export const importView = z.object({
  id: z.uuid(),
  fileName: z.string(),
  encoding: z.string(),
  delimiter: z.string(),
  header: z.array(z.string()),
  mapping: z.record(z.string(), z.int()),
  currency: z.string(),
  status: z.enum(IMPORT_STATUSES),
  rows: z.int(),
  taken: z.int(),
  created: z.int(),
  updated: z.int(),
  unchanged: z.int(),
  rejected: z.int(),
  problem: z.string().nullable(),
  createdAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
});
export type ImportView = z.infer<typeof importView>;
export const importsOutput = z.object({ imports: z.array(importView) });

export const importId = z.strictObject({ importId: z.uuid() });
/** How a file's columns are to be read. */
export const importPlan = importId.extend({ mapping, currency });

/** A row that will not be taken, and why. */
export const rejection = z.object({ line: z.int(), problems: z.array(z.string()), cells: z.array(z.string()) });
export type Rejection = z.infer<typeof rejection>;

/** What an import would do, tried on the whole file without writing. */
export const previewOutput = z.object({
  good: z.int(),
  bad: z.int(),
  /** How many of the good ones the catalogue has already. */
  known: z.int(),
  samples: z.array(
    z.object({
      line: z.int(),
      sku: z.string(),
      name: z.string(),
      /** The other fields as they were understood. */
      facts: z.array(z.string()),
    }),
  ),
  rejections: z.array(rejection),
});
export type ImportPreview = z.infer<typeof previewOutput>;

export const reportOutput = z.object({ import: importView, rejections: z.array(rejection) });
/** A file for the browser to save. */
export const fileOutput = z.object({ fileName: z.string(), text: z.string() });
