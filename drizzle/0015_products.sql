CREATE TABLE "product_images" (
	"customer_id" uuid NOT NULL,
	"hash" varchar(64) NOT NULL,
	"type" varchar(20) NOT NULL,
	"bytes" "bytea" NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "product_images_customer_id_hash_pk" PRIMARY KEY("customer_id","hash")
);
--> statement-breakpoint
CREATE TABLE "product_imports" (
	"id" uuid PRIMARY KEY NOT NULL,
	"customer_id" uuid NOT NULL,
	"file_name" varchar(200) NOT NULL,
	"encoding" varchar(20) NOT NULL,
	"delimiter" varchar(1) NOT NULL,
	"header" jsonb NOT NULL,
	"file" "bytea",
	"mapping" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"currency" varchar(3) DEFAULT 'USD' NOT NULL,
	"status" varchar(10) DEFAULT 'uploaded' NOT NULL,
	"rows" integer NOT NULL,
	"taken" integer DEFAULT 0 NOT NULL,
	"created" integer DEFAULT 0 NOT NULL,
	"updated" integer DEFAULT 0 NOT NULL,
	"unchanged" integer DEFAULT 0 NOT NULL,
	"rejected" integer DEFAULT 0 NOT NULL,
	"problem" text,
	"actor_type" varchar(10) NOT NULL,
	"actor_id" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	CONSTRAINT "product_imports_counts" CHECK ("product_imports"."created" + "product_imports"."updated" + "product_imports"."unchanged" + "product_imports"."rejected" = "product_imports"."taken")
);
--> statement-breakpoint
CREATE TABLE "product_rejections" (
	"import_id" uuid NOT NULL,
	"customer_id" uuid NOT NULL,
	"line" integer NOT NULL,
	"problems" jsonb NOT NULL,
	"cells" jsonb NOT NULL,
	CONSTRAINT "product_rejections_import_id_line_pk" PRIMARY KEY("import_id","line")
);
--> statement-breakpoint
CREATE TABLE "products" (
	"id" uuid PRIMARY KEY NOT NULL,
	"customer_id" uuid NOT NULL,
	"sku" varchar(100) NOT NULL,
	"name" varchar(200) NOT NULL,
	"brand" varchar(100) DEFAULT '' NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"shape" varchar(60) DEFAULT '' NOT NULL,
	"material" varchar(60) DEFAULT '' NOT NULL,
	"gender" varchar(60) DEFAULT '' NOT NULL,
	"colour" varchar(100) DEFAULT '' NOT NULL,
	"colour_family" varchar(60) DEFAULT '' NOT NULL,
	"price_cents" bigint,
	"currency" varchar(3) DEFAULT '' NOT NULL,
	"lens_mm" real,
	"bridge_mm" real,
	"temple_mm" real,
	"height_mm" real,
	"width_mm" real,
	"weight_g" real,
	"url" text DEFAULT '' NOT NULL,
	"image_url" text DEFAULT '' NOT NULL,
	"image_hash" varchar(64),
	"image_state" varchar(10) DEFAULT 'none' NOT NULL,
	"image_problem" text,
	"image_tries" integer DEFAULT 0 NOT NULL,
	"image_due_at" timestamp with time zone,
	"available" boolean DEFAULT true NOT NULL,
	"words" text NOT NULL,
	"search" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"deleted_at" timestamp with time zone,
	CONSTRAINT "products_sku" UNIQUE("customer_id","sku"),
	CONSTRAINT "products_price" CHECK ("products"."price_cents" >= 0 and ("products"."price_cents" is null or "products"."currency" <> '')),
	CONSTRAINT "products_image" CHECK (("products"."image_state" = 'ready') = ("products"."image_hash" is not null))
);
--> statement-breakpoint
ALTER TABLE "product_images" ADD CONSTRAINT "product_images_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "product_imports" ADD CONSTRAINT "product_imports_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "product_rejections" ADD CONSTRAINT "product_rejections_import_id_product_imports_id_fk" FOREIGN KEY ("import_id") REFERENCES "public"."product_imports"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "product_rejections" ADD CONSTRAINT "product_rejections_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "products" ADD CONSTRAINT "products_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "product_images_hash" ON "product_images" USING btree ("hash");--> statement-breakpoint
CREATE INDEX "product_imports_customer" ON "product_imports" USING btree ("customer_id","created_at");--> statement-breakpoint
CREATE INDEX "product_imports_running" ON "product_imports" USING btree ("created_at") WHERE "product_imports"."status" = 'running';--> statement-breakpoint
CREATE INDEX "products_waiting_images" ON "products" USING btree ("image_due_at") WHERE "products"."image_state" = 'waiting';--> statement-breakpoint
CREATE INDEX "products_deleted" ON "products" USING btree ("deleted_at") WHERE "products"."deleted_at" is not null;