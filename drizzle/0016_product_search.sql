-- Written by hand: the search that forgives a slip. Both extensions are trusted: the owner of a database may create them.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
--> statement-breakpoint
CREATE EXTENSION IF NOT EXISTS btree_gin;
--> statement-breakpoint
-- The brand comes first, so that no brand's search looks at the words of another's products.
CREATE INDEX products_words ON products USING gin (customer_id, words gin_trgm_ops) WHERE deleted_at IS NULL;
