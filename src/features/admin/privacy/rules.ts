/**
 * What each column holds, table by table, and what becomes of it when a brand or a person is erased. A test reads the
 * database's own list of columns: one that is not here fails it, and so does one that is here and gone.
 */

/** Of whom a column tells: someone of a brand's team, a shopper, nobody; or it opens something, and is never given out. */
export const CLASSES = ["personal", "shopper", "secret", "plain"] as const;
export type Class = (typeof CLASSES)[number];

type Columns = Readonly<Partial<Record<Class, string>>>;
export interface TableData extends Columns {
  /** What becomes of a brand's rows (by `customer_id`) when the brand is erased; absent where rows are no brand's. */
  readonly brand?: "deleted" | "kept" | "emptied";
  /** The column with a brand's id, where it is another. */
  readonly brandBy?: string;
  /** Columns that name a person, and what becomes of them when the person is erased. */
  readonly people?: Readonly<Record<string, "deleted" | "emptied" | "kept">>;
  /** Why something is kept. */
  readonly why?: string;
}

const BOOKS = "the books: they hold no personal data, and balances are proved from them";
const COUNTS = "counts without anybody in them; the books are compared with them";

export const DATA_MAP: Readonly<Record<string, TableData>> = {
  // People
  users: {
    people: { id: "deleted" },
    personal: "email name",
    secret: "password_hash",
    plain: "id email_verified_at created_at",
  },
  memberships: {
    brand: "deleted",
    people: { user_id: "deleted" },
    plain: "user_id customer_id role checklist_hidden_at tour_seen_at created_at",
  },
  sessions: {
    brand: "deleted",
    people: { user_id: "deleted" },
    personal: "user_agent last_seen_at created_at",
    plain: "id user_id customer_id expires_at",
  },
  identities: { people: { user_id: "deleted" }, personal: "subject", plain: "provider user_id created_at" },
  mail_links: {
    people: { user_id: "deleted" },
    personal: "address details",
    secret: "hash",
    plain: "id purpose user_id created_at expires_at used_at",
  },
  invitations: {
    brand: "deleted",
    people: { invited_by: "emptied" },
    personal: "email",
    secret: "hash",
    plain: "id customer_id role invited_by created_at expires_at accepted_at revoked_at",
  },
  platform_staff: { people: { user_id: "deleted" }, plain: "user_id created_at" },
  support_views: {
    brand: "deleted",
    people: { staff_id: "deleted" },
    plain: "staff_id customer_id reason opened_at expires_at",
  },
  platform_banners: {
    people: { created_by: "kept" },
    why: "an id that names nobody once the person is gone",
    plain: "id text kind starts_at ends_at created_by created_at",
  },
  sign_dismissals: {
    brand: "deleted",
    people: { staff_id: "kept" },
    why: "an id that names nobody once the person is gone",
    plain: "customer_id sign reason staff_id created_at",
  },
  // What people are told
  outgoing_mails: {
    brand: "deleted",
    people: { user_id: "deleted" },
    personal: "address facts last_error",
    plain: "id customer_id user_id key kind status attempts due_at created_at sent_at",
  },
  notifications: {
    brand: "deleted",
    people: { user_id: "deleted" },
    personal: "title body",
    plain: "id customer_id user_id key kind tone href shown created_at read_at digest_at digested_at",
  },
  notification_preferences: {
    brand: "deleted",
    people: { user_id: "deleted" },
    plain: "customer_id user_id kind channel mode",
  },
  chat_posts: {
    brand: "deleted",
    plain: "id customer_id hook_id key kind payload status attempts last_error created_at sent_at",
  },
  chat_hooks: { brand: "deleted", secret: "encrypted_url", plain: "id customer_id name host created_at" },
  alert_crossings: {
    brand: "deleted",
    plain: "id customer_id rule_id kind threshold subject period facts told opened_at closed_at",
  },
  alert_rules: { brand: "deleted", plain: "id customer_id kind threshold enabled created_at" },
  alert_settings: { brand: "deleted", plain: "customer_id quiet_from quiet_to digest_hour evaluated_at asked_at" },
  key_refusals: { brand: "deleted", plain: "customer_id key_id hour code times" },
  webhook_attempts: { plain: "id delivery_id attempted_at duration_ms status error answer manual" },
  webhook_deliveries: {
    brand: "deleted",
    plain:
      "id customer_id message_id endpoint_id status attempts next_attempt_at last_status last_error created_at delivered_at",
  },
  webhook_messages: { brand: "deleted", plain: "id customer_id type key body created_at" },
  webhook_endpoints: {
    brand: "deleted",
    secret: "secret previous_secret",
    plain:
      "id customer_id url description events enabled disabled_reason disabled_at previous_until failing_since created_at deleted_at",
  },
  webhook_balances: { brand: "deleted", plain: "customer_id level since" },
  // The brand, its apps and keys
  customers: {
    brand: "emptied",
    brandBy: "id",
    why: "the books refer to it; its name and address become those of an erased brand",
    plain: "id name slug time_zone rate_limit rate_burst first_token_at created_at",
  },
  customer_apps: {
    brand: "deleted",
    people: { draft_by: "emptied" },
    plain:
      "id customer_id app_id status configuration version draft draft_by draft_at revision embed_code activated_at last_used_at",
  },
  configuration_versions: {
    brand: "deleted",
    people: { actor_id: "kept" },
    why: "an id that names nobody once the person is gone",
    plain: "id customer_id app_id version configuration restored_from actor_type actor_id created_at",
  },
  api_keys: {
    brand: "deleted",
    people: { created_by: "emptied" },
    secret: "hmac",
    plain:
      "id key_id customer_id name kind mode public_key last_four origins app_permissions scopes rate_limit rate_burst version expires_at revoked_at last_used_at created_by created_at",
  },
  // Its products
  product_rejections: { brand: "deleted", plain: "customer_id import_id line cells problems" },
  product_imports: {
    brand: "deleted",
    people: { actor_id: "kept" },
    why: "an id that names nobody once the person is gone",
    plain:
      "id customer_id actor_type actor_id file file_name encoding delimiter currency header mapping status problem rows taken created updated unchanged rejected created_at started_at finished_at",
  },
  products: {
    brand: "deleted",
    plain:
      "id customer_id sku name brand description price_cents currency url available shape material colour colour_family gender lens_mm bridge_mm temple_mm height_mm width_mm weight_g image_url image_hash image_state image_problem image_tries image_due_at search words created_at updated_at deleted_at",
  },
  product_images: { brand: "deleted", plain: "customer_id hash type bytes created_at" },
  // Uses, and what is counted of them
  token_usage: {
    brand: "deleted",
    shopper: "session_id metadata ip_address user_agent",
    plain: "id customer_id mode app_id tokens_consumed key_id refunded_at created_at",
  },
  usage_analytics_daily: {
    brand: "kept",
    why: COUNTS,
    plain:
      "customer_id mode app_id date tokens_consumed sessions_count unique_users avg_processing_time_ms processing_time_count created_at",
  },
  usage_days: { brand: "kept", why: COUNTS, plain: "customer_id mode date app_id tokens uses took_ms timed" },
  usage_hours: { brand: "kept", why: COUNTS, plain: "customer_id mode date hour tokens uses" },
  usage_facets: { brand: "deleted", plain: "customer_id mode facet date value tokens uses" },
  usage_shoppers: {
    brand: "kept",
    why: "a sketch from which a number can be told and nobody told apart",
    plain: "customer_id mode date sketch known",
  },
  usage_packed: { brand: "deleted", plain: "customer_id mode days start apps hours facets sketch known" },
  widget_events: { brand: "deleted", plain: "customer_id usage_id app_id kind sku opened_at" },
  insight_reports: {
    brand: "deleted",
    people: { asked_by: "emptied" },
    plain:
      "id customer_id from_day to_day asked_by status reason due_at usage_id tokens figures monthly_at created_at ready_at",
  },
  insight_readers: { brand: "deleted", people: { user_id: "deleted" }, plain: "customer_id user_id since" },
  // The books
  ledger_entries: {
    brand: "kept",
    why: BOOKS,
    plain:
      "customer_id mode epoch seq operation_id kind tokens delta balance_after grant_parts app_id price usage_id grant_id reservation_id expires_at reverses idempotency_hash request_hash occurred_at recorded_at",
  },
  grant_intents: {
    brand: "kept",
    why: BOOKS,
    plain:
      "id kind customer_id mode source tokens expires_at business_key target reason applied_at refused_at created_at",
  },
  grants: { brand: "kept", why: BOOKS, plain: "id customer_id mode source tokens remaining expires_at granted_at" },
  reservations: {
    brand: "kept",
    why: BOOKS,
    plain:
      "id customer_id mode app_id status tokens_reserved parts unlimited created_at expires_at tokens_consumed usage_id resolved_at balance_after",
  },
  metering_accounts: {
    brand: "kept",
    why: BOOKS,
    plain:
      "customer_id mode partition epoch seq balance unlimited forked retire epoch_started_at look_up_until updated_at",
  },
  loss_reports: {
    brand: "kept",
    why: BOOKS,
    plain: "id customer_id mode epoch reason window_from window_to tokens_lost",
  },
  dead_letters: {
    brand: "emptied",
    why: "the books count them until they are resolved; the shopper's details in their fields go",
    shopper: "fields",
    plain:
      "id partition stream_id reason error customer_id mode epoch seq delta balance_after created_at resolved_at resolution",
  },
  spend_caps: {
    brand: "kept",
    why: "figures that still hold at the edge",
    plain: "customer_id mode scope daily monthly updated_at",
  },
  job_runs: { plain: "name took_ms failures last_succeeded_at last_failed_at" },
  drift_reports: { plain: "id checked_at took_ms findings breaches brands up_to" },
  metering_partitions: {
    plain: "partition generation redis_run_id mark last_drained_at drained_to drained_events drained_tokens",
  },
  metering_restarts: { plain: "partition generation drained_to noticed_at" },
  audit_log: {
    brand: "kept",
    people: { actor_id: "kept" },
    why: "append-only and chained, or it would prove nothing; it names people by ids, which name nobody once they are gone",
    plain: "id customer_id actor_type actor_id action subject details created_at seq hash",
  },
  audit_heads: { brand: "kept", why: "the end of the log's chain", plain: "customer_id seq hash seal" },
  // Money
  token_purchases: {
    brand: "kept",
    why: "records of sales, which the law has kept for years; who paid stands at Stripe",
    plain:
      "id customer_id kind origin plan_id pack_id tokens_purchased price_cents status business_key stripe_payment_intent_id stripe_invoice_id stripe_subscription_id period_start period_end grant_id refunded_cents disputed_cents tokens_revoked failure created_at completed_at",
  },
  purchase_reversals: {
    brand: "kept",
    why: "records of sales",
    plain: "id purchase_id customer_id kind status amount_cents created_at updated_at",
  },
  billing_reports: {
    brand: "kept",
    why: BOOKS,
    plain: "id customer_id checked_at purchases paid_cents tokens_bought tokens_granted balance findings",
  },
  customer_billing: {
    brand: "kept",
    why: "which plan there was, for the sales above",
    plain:
      "id customer_id plan_id stripe_subscription_id pending_plan_id confirming_plan_id confirming_until cancel_at_period_end grace_until unsettled billing_cycle_start billing_cycle_end status created_at updated_at",
  },
  overage_settings: {
    brand: "deleted",
    plain:
      "customer_id mode threshold pack_id monthly_limit_cents cooldown_minutes low_balance_tokens alert_daily_tokens alert_monthly_tokens stopped_at stopped_reason updated_at",
  },
  stripe_customers: {
    brand: "kept",
    why: "a refund or dispute of a sale above is found by it; the id is encrypted, and Stripe is told to delete the customer",
    secret: "encrypted_id blind_index",
    plain: "customer_id revision forget_since forgotten_at created_at",
  },
  stripe_events: {
    brand: "emptied",
    why: "each counts once, for ever; what it said goes",
    personal: "payload",
    plain:
      "id type object_id livemode status customer_id attempts error next_attempt_at created_at received_at processed_at",
  },
  // What is the same for everybody
  apps: {
    people: { draft_by: "emptied" },
    plain:
      "id catalog_id name slug description about category token_cost variable_price status features access changelog configuration_schema documentation_url icon_url pricing_tier shipped edited version draft draft_by draft_at revision created_at updated_at",
  },
  app_versions: {
    people: { staff_id: "kept" },
    why: "an id that names nobody once the person is gone",
    plain: "id app_id version fields before reason restored_from staff_id created_at",
  },
  feature_flags: {
    people: { staff_id: "kept" },
    why: "an id that names nobody once the person is gone",
    plain: "name state reason staff_id updated_at",
  },
  feature_flag_brands: { brand: "deleted", plain: "name customer_id" },
  billing_plans: {
    plain:
      "id name description tokens_per_month price_cents billing_cycle stripe_price_id features is_active shipped edited created_at",
  },
  token_packs: { plain: "id tokens price_cents stripe_price_id is_active created_at" },
};

/** The columns of a table by class. */
export const columnsOf = (table: TableData, kind: Class): readonly string[] =>
  (table[kind] ?? "").split(" ").filter(Boolean);

/** What may be given out: everything but what opens something. */
export const givenOut = (table: TableData): readonly string[] =>
  CLASSES.filter((kind) => kind !== "secret").flatMap((kind) => columnsOf(table, kind));

const SAYS: Record<Class, string> = {
  personal: "of a person",
  shopper: "of a shopper",
  secret: "opens something",
  plain: "",
};

/** The map for people to read: `docs/data-map.md`. */
export function dataMapPage(): string {
  const lines = Object.entries(DATA_MAP).map(([name, table]) => {
    const told = (["personal", "shopper", "secret"] as const).flatMap((kind) => {
      const columns = columnsOf(table, kind);
      return columns.length > 0 ? [`${SAYS[kind]}: ${columns.map((column) => `\`${column}\``).join(", ")}`] : [];
    });
    const people = Object.entries(table.people ?? {}).map(([column, action]) => `\`${column}\` ${action}`);
    return `| \`${name}\` | ${told.join("; ") || "—"} | ${table.brand ?? "—"} | ${people.join(", ") || "—"} | ${table.why ?? ""} |`;
  });
  return [
    "# What is kept of whom",
    "",
    "Written by `npm run -s privacy -- map` from `src/features/admin/privacy/rules.ts`; a test holds it to the database's own columns.",
    "Columns that are not named tell of nobody. An export leaves out what opens something.",
    "",
    "| table | holds | a brand is erased | a person is erased | why it is kept |",
    "|---|---|---|---|---|",
    ...lines,
    "",
  ].join("\n");
}
