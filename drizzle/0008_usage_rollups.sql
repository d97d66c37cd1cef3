CREATE TABLE "usage_days" (
	"customer_id" uuid NOT NULL,
	"mode" varchar(4) NOT NULL,
	"date" date NOT NULL,
	"app_id" uuid NOT NULL,
	"tokens" bigint NOT NULL,
	"uses" bigint NOT NULL,
	"took_ms" bigint NOT NULL,
	"timed" bigint NOT NULL,
	CONSTRAINT "usage_days_customer_id_mode_date_app_id_pk" PRIMARY KEY("customer_id","mode","date","app_id")
);
--> statement-breakpoint
CREATE TABLE "usage_facets" (
	"customer_id" uuid NOT NULL,
	"mode" varchar(4) NOT NULL,
	"facet" varchar(10) NOT NULL,
	"date" date NOT NULL,
	"value" varchar(100) NOT NULL,
	"tokens" bigint NOT NULL,
	"uses" bigint NOT NULL,
	CONSTRAINT "usage_facets_customer_id_mode_facet_date_value_pk" PRIMARY KEY("customer_id","mode","facet","date","value"),
	CONSTRAINT "usage_facets_facet" CHECK ("usage_facets"."facet" in ('key', 'product', 'country'))
);
--> statement-breakpoint
CREATE TABLE "usage_hours" (
	"customer_id" uuid NOT NULL,
	"mode" varchar(4) NOT NULL,
	"date" date NOT NULL,
	"hour" smallint NOT NULL,
	"tokens" bigint NOT NULL,
	"uses" bigint NOT NULL,
	CONSTRAINT "usage_hours_customer_id_mode_date_hour_pk" PRIMARY KEY("customer_id","mode","date","hour"),
	CONSTRAINT "usage_hours_hour" CHECK ("usage_hours"."hour" between 0 and 23)
);
--> statement-breakpoint
CREATE TABLE "usage_shoppers" (
	"customer_id" uuid NOT NULL,
	"mode" varchar(4) NOT NULL,
	"date" date NOT NULL,
	"sketch" "bytea" NOT NULL,
	"known" integer NOT NULL,
	CONSTRAINT "usage_shoppers_customer_id_mode_date_pk" PRIMARY KEY("customer_id","mode","date")
);
--> statement-breakpoint
ALTER TABLE "usage_days" ADD CONSTRAINT "usage_days_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "usage_days" ADD CONSTRAINT "usage_days_app_id_apps_id_fk" FOREIGN KEY ("app_id") REFERENCES "public"."apps"("id") ON DELETE restrict ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "usage_facets" ADD CONSTRAINT "usage_facets_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "usage_hours" ADD CONSTRAINT "usage_hours_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "usage_shoppers" ADD CONSTRAINT "usage_shoppers_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;