CREATE TABLE "alert_crossings" (
	"id" uuid PRIMARY KEY NOT NULL,
	"customer_id" uuid NOT NULL,
	"rule_id" uuid NOT NULL,
	"kind" varchar(40) NOT NULL,
	"threshold" bigint NOT NULL,
	"subject" varchar(100) DEFAULT '' NOT NULL,
	"period" varchar(40) DEFAULT '' NOT NULL,
	"facts" jsonb NOT NULL,
	"told" boolean NOT NULL,
	"opened_at" timestamp with time zone DEFAULT now() NOT NULL,
	"closed_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "alert_rules" (
	"id" uuid PRIMARY KEY NOT NULL,
	"customer_id" uuid NOT NULL,
	"kind" varchar(40) NOT NULL,
	"threshold" bigint NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "alert_rules_once" UNIQUE("customer_id","kind","threshold"),
	CONSTRAINT "alert_rules_threshold" CHECK ("alert_rules"."threshold" >= 0)
);
--> statement-breakpoint
CREATE TABLE "alert_settings" (
	"customer_id" uuid PRIMARY KEY NOT NULL,
	"quiet_from" smallint,
	"quiet_to" smallint,
	"digest_hour" smallint DEFAULT 8 NOT NULL,
	"evaluated_at" timestamp with time zone,
	"asked_at" timestamp with time zone,
	CONSTRAINT "alert_settings_quiet" CHECK (("alert_settings"."quiet_from" is null) = ("alert_settings"."quiet_to" is null) and "alert_settings"."quiet_from" between 0 and 1439 and "alert_settings"."quiet_to" between 0 and 1439),
	CONSTRAINT "alert_settings_digest" CHECK ("alert_settings"."digest_hour" between 0 and 23)
);
--> statement-breakpoint
CREATE TABLE "key_refusals" (
	"customer_id" uuid NOT NULL,
	"key_id" varchar(40) NOT NULL,
	"hour" timestamp with time zone NOT NULL,
	"code" varchar(40) NOT NULL,
	"times" integer NOT NULL,
	CONSTRAINT "key_refusals_customer_id_key_id_hour_code_pk" PRIMARY KEY("customer_id","key_id","hour","code")
);
--> statement-breakpoint
CREATE TABLE "chat_hooks" (
	"id" uuid PRIMARY KEY NOT NULL,
	"customer_id" uuid NOT NULL,
	"name" varchar(60) NOT NULL,
	"encrypted_url" text NOT NULL,
	"host" varchar(253) NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "chat_hooks_name" UNIQUE("customer_id","name")
);
--> statement-breakpoint
CREATE TABLE "chat_posts" (
	"id" uuid PRIMARY KEY NOT NULL,
	"customer_id" uuid NOT NULL,
	"hook_id" uuid NOT NULL,
	"key" varchar(200) NOT NULL,
	"kind" varchar(40) NOT NULL,
	"payload" jsonb NOT NULL,
	"status" varchar(10) DEFAULT 'queued' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"last_error" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"sent_at" timestamp with time zone,
	CONSTRAINT "chat_posts_once" UNIQUE("hook_id","key"),
	CONSTRAINT "chat_posts_status" CHECK ("chat_posts"."status" in ('queued', 'sent', 'failed'))
);
--> statement-breakpoint
CREATE TABLE "notification_preferences" (
	"customer_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"kind" varchar(40) NOT NULL,
	"channel" varchar(10) NOT NULL,
	"mode" varchar(10) NOT NULL,
	CONSTRAINT "notification_preferences_customer_id_user_id_kind_channel_pk" PRIMARY KEY("customer_id","user_id","kind","channel"),
	CONSTRAINT "notification_preferences_mode" CHECK ("notification_preferences"."mode" in ('now', 'digest', 'off')),
	CONSTRAINT "notification_preferences_channel" CHECK ("notification_preferences"."channel" in ('app', 'email'))
);
--> statement-breakpoint
CREATE TABLE "notifications" (
	"id" uuid PRIMARY KEY NOT NULL,
	"customer_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"key" varchar(200) NOT NULL,
	"kind" varchar(40) NOT NULL,
	"tone" varchar(10) NOT NULL,
	"title" varchar(200) NOT NULL,
	"body" text NOT NULL,
	"href" varchar(200) NOT NULL,
	"shown" boolean DEFAULT true NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"read_at" timestamp with time zone,
	"digest_at" timestamp with time zone,
	"digested_at" timestamp with time zone,
	CONSTRAINT "notifications_once" UNIQUE("customer_id","user_id","key"),
	CONSTRAINT "notifications_tone" CHECK ("notifications"."tone" in ('info', 'soon', 'stopped'))
);
--> statement-breakpoint
ALTER TABLE "alert_crossings" ADD CONSTRAINT "alert_crossings_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "alert_rules" ADD CONSTRAINT "alert_rules_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "alert_settings" ADD CONSTRAINT "alert_settings_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "key_refusals" ADD CONSTRAINT "key_refusals_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "chat_hooks" ADD CONSTRAINT "chat_hooks_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "chat_posts" ADD CONSTRAINT "chat_posts_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "chat_posts" ADD CONSTRAINT "chat_posts_hook_id_chat_hooks_id_fk" FOREIGN KEY ("hook_id") REFERENCES "public"."chat_hooks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notification_preferences" ADD CONSTRAINT "notification_preferences_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notification_preferences" ADD CONSTRAINT "notification_preferences_membership" FOREIGN KEY ("user_id","customer_id") REFERENCES "public"."memberships"("user_id","customer_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notifications" ADD CONSTRAINT "notifications_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notifications" ADD CONSTRAINT "notifications_membership" FOREIGN KEY ("user_id","customer_id") REFERENCES "public"."memberships"("user_id","customer_id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "alert_crossings_open" ON "alert_crossings" USING btree ("customer_id","rule_id","subject") WHERE "alert_crossings"."closed_at" is null;--> statement-breakpoint
CREATE INDEX "alert_crossings_customer" ON "alert_crossings" USING btree ("customer_id","opened_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "key_refusals_hour" ON "key_refusals" USING btree ("hour");--> statement-breakpoint
CREATE INDEX "chat_posts_customer" ON "chat_posts" USING btree ("customer_id","created_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "notifications_person" ON "notifications" USING btree ("user_id","customer_id","created_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "notifications_unread" ON "notifications" USING btree ("user_id","customer_id") WHERE "notifications"."read_at" is null and "notifications"."shown";--> statement-breakpoint
CREATE INDEX "notifications_digest" ON "notifications" USING btree ("digest_at") WHERE "notifications"."digest_at" is not null;