CREATE TABLE "metering_restarts" (
	"partition" smallint NOT NULL,
	"generation" bigint NOT NULL,
	"drained_to" timestamp with time zone,
	"noticed_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "metering_restarts_partition_generation_pk" PRIMARY KEY("partition","generation")
);
--> statement-breakpoint
ALTER TABLE "metering_partitions" ADD COLUMN "mark" uuid;--> statement-breakpoint
ALTER TABLE "metering_partitions" ADD COLUMN "drained_to" timestamp with time zone;