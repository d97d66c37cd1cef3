import { eq } from "drizzle-orm";
import { hashPassword } from "@/auth/passwords";
import { db } from "@/db/client";
import { customers } from "@/db/schema/people";
import { makeBrand } from "@/features/admin/service";
import { setStaff } from "@/features/admin/staff/service";
import { metering } from "@/rest/internal/metering";

const SEEDED = { type: "system", id: "seed" } as const;
const SLUG = "varai";
const OLGA = { email: "olga@varai.example", password: "northlight-demo-2026" } as const;

/** Somebody of the platform's own on a local machine, and the brand they are at home in. Repeatable; never in production. */
export async function seedStaff(storefrontOrigin: string): Promise<{ email: string; password: string }> {
  const [there] = await db().select().from(customers).where(eq(customers.slug, SLUG));
  if (!there) {
    await makeBrand(metering(), SEEDED, {
      name: "VARAi",
      slug: SLUG,
      tokens: 0,
      plan: null,
      apps: [],
      origins: [storefrontOrigin],
      people: [
        { email: OLGA.email, name: "Olga Brandt", role: "admin", passwordHash: await hashPassword(OLGA.password) },
      ],
    });
  }
  await setStaff(db(), SEEDED, { email: OLGA.email, staff: true });
  return { ...OLGA };
}
