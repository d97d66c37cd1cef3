CREATE TABLE "usage_packed" (
	"customer_id" uuid NOT NULL,
	"mode" varchar(4) NOT NULL,
	"days" smallint NOT NULL,
	"start" date NOT NULL,
	"apps" json,
	"hours" json,
	"facets" json,
	"sketch" "bytea",
	"known" integer,
	CONSTRAINT "usage_packed_customer_id_mode_days_start_pk" PRIMARY KEY("customer_id","mode","days","start"),
	CONSTRAINT "usage_packed_span" CHECK ("usage_packed"."days" = 1 or ("usage_packed"."days" = 7 and extract(isodow from "usage_packed"."start") = 1)),
	CONSTRAINT "usage_packed_whole" CHECK (num_nulls("usage_packed"."apps", "usage_packed"."hours", "usage_packed"."facets", "usage_packed"."sketch", "usage_packed"."known") in (0, 5))
);
--> statement-breakpoint
ALTER TABLE "usage_packed" ADD CONSTRAINT "usage_packed_customer_id_customers_id_fk" FOREIGN KEY ("customer_id") REFERENCES "public"."customers"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "idx_usage_packed_open" ON "usage_packed" USING btree ("start") WHERE "usage_packed"."known" is null;
--> statement-breakpoint
-- The Monday of a date's week.
CREATE FUNCTION usage_week(day date) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT day - (extract(isodow FROM day)::integer - 1)
$$;
--> statement-breakpoint
-- Counts a brand's rollups anew from its ledger. While it does, the drain writes nothing of the brand: it waits for the heads
-- of the brand's accounts, and whatever it wrote before is seen here. Details that were erased are missing from what the
-- ledger does not know: key, product, country and shopper.
CREATE OR REPLACE FUNCTION rebuild_usage(brand uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM metering_accounts WHERE customer_id = brand ORDER BY customer_id, mode FOR UPDATE;
  DELETE FROM usage_days WHERE customer_id = brand;
  DELETE FROM usage_hours WHERE customer_id = brand;
  DELETE FROM usage_facets WHERE customer_id = brand;
  DELETE FROM usage_shoppers WHERE customer_id = brand;
  DELETE FROM usage_packed WHERE customer_id = brand;
  INSERT INTO usage_shoppers (customer_id, mode, date, sketch, known)
    SELECT customer_id, mode, date, usage_sketch(NULL, array_agg(mark)), sum(known)
    FROM (
      SELECT t.customer_id, t.mode, (t.created_at AT TIME ZONE c.time_zone)::date AS date, count(*) AS known,
        usage_mark(t.customer_id, usage_shopper(t.metadata, t.session_id)) AS mark
      FROM token_usage t JOIN customers c ON c.id = t.customer_id
      WHERE t.customer_id = brand AND usage_shopper(t.metadata, t.session_id) IS NOT NULL GROUP BY 1, 2, 3, 5
    ) s GROUP BY 1, 2, 3;
  WITH l AS MATERIALIZED (
    SELECT e.mode, (e.occurred_at AT TIME ZONE c.time_zone)::date AS date,
      extract(hour FROM e.occurred_at AT TIME ZONE c.time_zone)::smallint AS hour, a.id AS app_id, t.key_id,
      usage_product(t.metadata) AS product, usage_country(t.metadata) AS country, sum(e.tokens) AS tokens, count(*) AS uses,
      coalesce(sum(usage_took(t.metadata)), 0) AS took, count(usage_took(t.metadata)) AS timed
    FROM ledger_entries e
    JOIN customers c ON c.id = e.customer_id
    JOIN apps a ON a.catalog_id = e.app_id
    -- The brand again, or every other brand's details would be looked through.
    LEFT JOIN token_usage t ON t.customer_id = brand AND t.id = e.usage_id AND t.created_at = e.occurred_at
    WHERE e.customer_id = brand AND e.kind IN ('usage', 'settle') AND NOT EXISTS (
      SELECT FROM ledger_entries r WHERE r.customer_id = e.customer_id AND r.mode = e.mode
        AND r.operation_id = 'refund:' || e.operation_id)
    GROUP BY 1, 2, 3, 4, 5, 6, 7
  ), days AS (
    INSERT INTO usage_days (customer_id, mode, date, app_id, tokens, uses, took_ms, timed)
    SELECT brand, mode, date, app_id, sum(tokens), sum(uses), sum(took), sum(timed) FROM l GROUP BY 1, 2, 3, 4
  ), hours AS (
    INSERT INTO usage_hours (customer_id, mode, date, hour, tokens, uses)
    SELECT brand, mode, date, hour, sum(tokens), sum(uses) FROM l GROUP BY 1, 2, 3, 4
  )
  INSERT INTO usage_facets (customer_id, mode, facet, date, value, tokens, uses)
    SELECT brand, mode, facet, date, value, sum(tokens), sum(uses)
    FROM l CROSS JOIN LATERAL (VALUES ('key', key_id), ('product', product), ('country', country)) v(facet, value)
    WHERE value IS NOT NULL GROUP BY 1, 2, 3, 4, 5;
  INSERT INTO usage_packed (customer_id, mode, days, start)
    SELECT DISTINCT customer_id, mode, 1, date FROM usage_days WHERE customer_id = brand
    UNION ALL SELECT DISTINCT customer_id, mode, 7, usage_week(date) FROM usage_days WHERE customer_id = brand;
END
$$;
--> statement-breakpoint
-- What was used before this table was there waits to be packed.
INSERT INTO usage_packed (customer_id, mode, days, start)
  SELECT DISTINCT customer_id, mode, 1, date FROM usage_days
  UNION ALL SELECT DISTINCT customer_id, mode, 7, usage_week(date) FROM usage_days;
