CREATE TABLE "job_runs" (
	"name" varchar(60) PRIMARY KEY NOT NULL,
	"last_succeeded_at" timestamp with time zone,
	"last_failed_at" timestamp with time zone,
	"failures" bigint DEFAULT 0 NOT NULL,
	"took_ms" integer DEFAULT 0 NOT NULL
);
