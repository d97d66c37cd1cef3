import { z } from "zod";

const DAY = 86_400_000;

export const bannerInput = z
  .strictObject({
    text: z.string().trim().min(5).max(300),
    kind: z.enum(["info", "soon", "stopped"]),
    startsAt: z.iso.datetime(),
    endsAt: z.iso.datetime(),
  })
  .superRefine(({ startsAt, endsAt }, context) => {
    const span = Date.parse(endsAt) - Date.parse(startsAt);
    if (span <= 0) context.addIssue({ code: "custom", path: ["endsAt"], message: "must come after its beginning" });
    if (span > 30 * DAY)
      context.addIssue({ code: "custom", path: ["endsAt"], message: "at most 30 days after its beginning" });
  });
export type BannerInput = z.infer<typeof bannerInput>;
export const endBannerInput = z.strictObject({ id: z.uuid() });

export const banner = z.object({
  id: z.string(),
  text: z.string(),
  kind: z.enum(["info", "soon", "stopped"]),
  startsAt: z.string(),
  endsAt: z.string(),
});
export type Banner = z.infer<typeof banner>;
export const bannersOutput = z.object({ banners: z.array(banner) });
