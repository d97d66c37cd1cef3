ALTER TABLE "drift_reports" ADD COLUMN "brands" integer NOT NULL;--> statement-breakpoint
ALTER TABLE "drift_reports" ADD COLUMN "up_to" uuid;--> statement-breakpoint
ALTER TABLE "metering_partitions" ADD COLUMN "drained_events" bigint DEFAULT 0 NOT NULL;