-- Written by hand: what a use tells of itself, the sketch of who was there, and rollups counted anew from the ledger.

-- A text or a number of a use's metadata, as text of at most 100 characters.
CREATE FUNCTION usage_text(metadata jsonb, name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN jsonb_typeof(metadata -> name) IN ('string', 'number') THEN nullif(left(metadata ->> name, 100), '') END
$$;
--> statement-breakpoint
CREATE FUNCTION usage_product(metadata jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT usage_text(metadata, 'product_id')
$$;
--> statement-breakpoint
-- Only where the shop says so, as two capital letters (ISO 3166): nothing is guessed from an address.
CREATE FUNCTION usage_country(metadata jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN metadata ->> 'country' ~ '^[A-Z]{2}$' THEN metadata ->> 'country' END
$$;
--> statement-breakpoint
-- Milliseconds that can be averaged: a number, at most an hour.
CREATE FUNCTION usage_took(metadata jsonb) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN jsonb_typeof(metadata -> 'processing_time_ms') = 'number'
    AND (metadata ->> 'processing_time_ms')::numeric BETWEEN 0 AND 3600000
    THEN round((metadata ->> 'processing_time_ms')::numeric)::bigint END
$$;
--> statement-breakpoint
-- Who a use was by, as far as it tells: the shop's own id of the shopper, or else the visit.
CREATE FUNCTION usage_shopper(metadata jsonb, session_id text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce('u:' || usage_text(metadata, 'user_id'), 's:' || nullif(session_id, ''))
$$;
--> statement-breakpoint
-- What a shopper leaves in the sketch: register * 64 + rank. Hash partitions rest on the same hash, so an upgrade of Postgres
-- keeps it. The brand is its seed: a shopper of two brands leaves two marks that have nothing in common.
CREATE FUNCTION usage_mark(brand uuid, shopper text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT ((hashtextextended(shopper, uuid_hash_extended(brand, 0)) >> 53) & 2047)::integer * 64
    + coalesce(nullif(position(B'1' IN hashtextextended(shopper, uuid_hash_extended(brand, 0))::bit(53)), 0), 54)
$$;
--> statement-breakpoint
-- A sketch with more marks in it: each register keeps its largest rank.
CREATE FUNCTION usage_sketch(sketch bytea, marks integer[]) RETURNS bytea LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  made bytea := coalesce(sketch, decode(repeat('00', 2048), 'hex'));
  mark integer;
BEGIN
  FOREACH mark IN ARRAY marks LOOP
    IF get_byte(made, mark >> 6) < (mark & 63) THEN
      made := set_byte(made, mark >> 6, mark & 63);
    END IF;
  END LOOP;
  RETURN made;
END
$$;
--> statement-breakpoint
-- Counts a brand's rollups anew from its ledger. While it does, the drain writes nothing of the brand: it waits for the heads
-- of the brand's accounts, and whatever it wrote before is seen here. Details that were erased are missing from what the
-- ledger does not know: key, product, country and shopper.
CREATE FUNCTION rebuild_usage(brand uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM metering_accounts WHERE customer_id = brand ORDER BY customer_id, mode FOR UPDATE;
  DELETE FROM usage_days WHERE customer_id = brand;
  DELETE FROM usage_hours WHERE customer_id = brand;
  DELETE FROM usage_facets WHERE customer_id = brand;
  DELETE FROM usage_shoppers WHERE customer_id = brand;
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
END
$$;
--> statement-breakpoint
-- A clock that Postgres does not know would have every use of the brand refused where it is counted.
CREATE FUNCTION refuse_unknown_time_zone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.time_zone <> 'UTC' AND NOT EXISTS (SELECT FROM pg_timezone_names WHERE name = NEW.time_zone) THEN
    RAISE EXCEPTION 'There is no time zone %', NEW.time_zone USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER customers_time_zone BEFORE INSERT OR UPDATE OF time_zone ON customers
  FOR EACH ROW EXECUTE FUNCTION refuse_unknown_time_zone();
--> statement-breakpoint
CREATE FUNCTION rebuild_usage_of_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM rebuild_usage(NEW.id);
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER customers_usage_by_their_clock AFTER UPDATE OF time_zone ON customers
  FOR EACH ROW WHEN (OLD.time_zone IS DISTINCT FROM NEW.time_zone) EXECUTE FUNCTION rebuild_usage_of_row();
--> statement-breakpoint
-- What was used before these tables were there.
SELECT rebuild_usage(id) FROM customers;
