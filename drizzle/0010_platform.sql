CREATE TABLE "platform_banners" (
	"id" uuid PRIMARY KEY NOT NULL,
	"text" varchar(300) NOT NULL,
	"kind" varchar(10) NOT NULL,
	"starts_at" timestamp with time zone NOT NULL,
	"ends_at" timestamp with time zone NOT NULL,
	"created_by" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "platform_banners_kind" CHECK ("platform_banners"."kind" in ('info', 'soon', 'stopped')),
	CONSTRAINT "platform_banners_span" CHECK ("platform_banners"."ends_at" > "platform_banners"."starts_at")
);
--> statement-breakpoint
CREATE TABLE "platform_staff" (
	"user_id" uuid PRIMARY KEY NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "support_views" (
	"staff_id" uuid NOT NULL,
	"customer_id" uuid NOT NULL,
	"reason" varchar(300) NOT NULL,
	"opened_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "support_views_staff_id_customer_id_pk" PRIMARY KEY("staff_id","customer_id")
);
--> statement-breakpoint
ALTER TABLE "platform_staff" ADD CONSTRAINT "platform_staff_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "support_views" ADD CONSTRAINT "support_views_staff_id_users_id_fk" FOREIGN KEY ("staff_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "support_views" ADD CONSTRAINT "support_views_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "platform_banners_ends" ON "platform_banners" USING btree ("ends_at");--> statement-breakpoint
CREATE INDEX "support_views_customer" ON "support_views" USING btree ("customer_id");