import { sql } from "drizzle-orm";
import { check, index, pgTable, primaryKey, timestamp, uuid, varchar } from "drizzle-orm/pg-core";
import { customers, users } from "./people";

const at = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

/** Who runs the platform. Written by the command `staff` only: no page makes anybody staff. */
export const platformStaff = pgTable("platform_staff", {
  userId: uuid("user_id")
    .primaryKey()
    .references(() => users.id, { onDelete: "cascade" }),
  createdAt: at("created_at").notNull().defaultNow(),
});

/** Which of the staff may look into which brand, why, and until when. The brand's own audit log has each opening. */
export const supportViews = pgTable(
  "support_views",
  {
    staffId: uuid("staff_id")
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    customerId: uuid("customer_id")
      .notNull()
      .references(() => customers.id, { onDelete: "cascade" }),
    reason: varchar("reason", { length: 300 }).notNull(),
    openedAt: at("opened_at").notNull().defaultNow(),
    expiresAt: at("expires_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.staffId, t.customerId] }), index("support_views_customer").on(t.customerId)],
);

/** What every brand is told above its pages. */
export const platformBanners = pgTable(
  "platform_banners",
  {
    id: uuid("id").primaryKey(),
    text: varchar("text", { length: 300 }).notNull(),
    kind: varchar("kind", { length: 10, enum: ["info", "soon", "stopped"] }).notNull(),
    startsAt: at("starts_at").notNull(),
    endsAt: at("ends_at").notNull(),
    createdBy: uuid("created_by").notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [
    index("platform_banners_ends").on(t.endsAt),
    check("platform_banners_kind", sql`${t.kind} in ('info', 'soon', 'stopped')`),
    check("platform_banners_span", sql`${t.endsAt} > ${t.startsAt}`),
  ],
);

/** Signs of something unusual that a member of staff has looked at and put aside, and why. */
export const signDismissals = pgTable(
  "sign_dismissals",
  {
    customerId: uuid("customer_id")
      .notNull()
      .references(() => customers.id, { onDelete: "cascade" }),
    /** What is seen and since when, such as `unusual:<crossing>` or `refused:<key>:<day>`: a new one is seen anew. */
    sign: varchar("sign", { length: 120 }).notNull(),
    reason: varchar("reason", { length: 300 }).notNull(),
    staffId: uuid("staff_id").notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.customerId, t.sign] }), index("sign_dismissals_at").on(t.createdAt)],
);
