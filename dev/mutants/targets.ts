/** A file and a pattern for the names of some tests in it. */
export type About = readonly [file: string, words: string];

/** What is mutated: which functions of which module, and which tests would have to notice, the likeliest first. */
export interface Target {
  readonly file: string;
  /** `lua`: every piece of Lua in it. Else the named functions, all where none is named. */
  readonly what: "lua" | "functions";
  readonly functions?: readonly string[];
  readonly tests: readonly string[];
  /** For a script or function, or for all of it, files and words in the names of the tests about it: those are asked first,
   *  and are among its tests. */
  readonly about?: readonly About[] | Readonly<Record<string, readonly About[]>>;
}

const METERING = "src/features/metering";
const at = (...names: string[]): string[] => names.map((name) => `${METERING}/${name}.test.ts`);

const about = (name: string, words: string): About => [`${METERING}/${name}.test.ts`, words];
const late = (script: string): About => about("edge/moments.redis", `deadline > of ${script} `);

const CALLERS = at(
  "edge/moments.redis",
  "edge/scripts.redis",
  "reservations/reservations.redis",
  "caps/caps.redis",
  "edge/batch.redis",
  "lookup/lookup.redis",
  "edge/consume.redis",
);
const RESERVING = at(
  "edge/moments.redis",
  "reservations/reservations.redis",
  "edge/scripts.redis",
  "caps/caps.redis",
  "lookup/lookup.redis",
  "healing/healing.redis",
);
const INTENTS = at(
  "edge/scripts.redis",
  "edge/moments.redis",
  "intents/intents.redis",
  "refunds/refunds.redis",
  "grants.redis",
  "caps/caps.redis",
  "healing/healing.redis",
  "reconcile/hydrate.redis",
);
const DRAIN = at(
  "ledger/record.redis",
  "ledger/rules",
  "outbox/drain.redis",
  "healing/healing.redis",
  "outbox/scale.redis",
  "reconcile/windows.redis",
  "reconcile/epochs.redis",
  "refunds/refunds.redis",
  "guards.redis",
  "faults.redis",
  "wakes.redis",
);
const HYDRATE = at(
  "reconcile/steps.redis",
  "reconcile/hydrate.redis",
  "reconcile/windows.redis",
  "healing/healing.redis",
  "guards.redis",
  "reconcile/epochs.redis",
  "lookup/lookup.redis",
  "intents/intents.redis",
  "outbox/drain.redis",
  "faults.redis",
);

export const TARGETS: readonly Target[] = [
  {
    file: `${METERING}/edge/lua/common.ts`,
    what: "lua",
    tests: [...at("edge/books.redis"), ...CALLERS, ...at("refunds/refunds.redis", "outbox/drain.redis")],
    about: {
      CLOCK: [about("edge/moments.redis", "^a deadline")],
      CALENDAR: [about("caps/caps.redis", "those of the calendar")],
      BOOKS: [
        about("edge/books.redis", "^a list of grants|^caps"),
        about("edge/moments.redis", "^at its moment"),
        about("reservations/reservations.redis", "^a reservation"),
        about("caps/caps.redis", "reserv|under traffic"),
      ],
      door: [
        about("edge/scripts.redis", "without origins"),
        about("edge/moments.redis", "^a deadline|a key has expired"),
        about("edge/consume.redis", "^40[13]|idempotency"),
      ],
      FULL: [about("edge/moments.redis", "^an outbox")],
      SECRET_ONLY: [about("reservations/reservations.redis", "to a public key$")],
      UNSEEN: [about("edge/moments.redis", "look-ups")],
      COUNT: [about("edge/moments.redis", " counts? ")],
      admission: [
        about("edge/moments.redis", "^a rate|^an outbox|look-ups"),
        about("edge/consume.redis", "^503 metering|^429"),
        about("caps/caps.redis", "under traffic|by day"),
      ],
      APP: [about("edge/consume.redis", "^40[34]"), about("edge/moments.redis", " counts? ")],
    },
  },
  {
    file: `${METERING}/edge/lua/consume.ts`,
    what: "lua",
    tests: CALLERS,
    about: {
      CONSUME: [
        about("edge/scripts.redis", "^an amount|seen before"),
        about("edge/moments.redis", "^at its moment|^an outbox|a use refused"),
        about("edge/consume.redis", "^200|^422|^402"),
        about("caps/caps.redis", "^a brand's own cap"),
      ],
    },
  },
  {
    file: `${METERING}/edge/lua/hold.ts`,
    what: "lua",
    tests: RESERVING,
    about: {
      HOLD: [
        about("edge/scripts.redis", "^an amount|seen before"),
        about("edge/moments.redis", "^at its moment|^an outbox|a reservation refused"),
        about("reservations/reservations.redis", "^a reservation >"),
        about("caps/caps.redis", "reserv"),
      ],
    },
  },
  {
    file: `${METERING}/edge/lua/resolve.ts`,
    what: "lua",
    tests: RESERVING,
    about: {
      RESOLVE: [
        about("edge/scripts.redis", "a settle"),
        about("edge/moments.redis", "^at its moment|^an outbox|a settle"),
        about("reservations/reservations.redis", "^a reservation|^a settle|^grants"),
        about("caps/caps.redis", "reserv"),
      ],
    },
  },
  {
    file: `${METERING}/edge/lua/intent.ts`,
    what: "lua",
    tests: INTENTS,
    about: {
      INTENT: [
        about("edge/scripts.redis", "^an intent|^an amount"),
        about("edge/moments.redis", "^a deadline|also for the sweep"),
      ],
      GRANT: [about("edge/scripts.redis", "^an amount|largest exact"), about("intents/intents.redis", "^a grant >")],
      TAKE_FROM: [about("edge/scripts.redis", "^an amount"), about("intents/intents.redis", "^tokens that are taken")],
      REFUND: [
        about("edge/scripts.redis", "^an amount"),
        about("edge/moments.redis", "a refund gives"),
        about("refunds/refunds.redis", "^a refund|^what a refund gives"),
        about("caps/caps.redis", "given back"),
      ],
      END_GRANT: [about("intents/intents.redis", "ended before its time")],
      TAKE_BACK: [
        about("edge/scripts.redis", "^an amount|seen before"),
        about("intents/intents.redis", "^a correction"),
      ],
    },
  },
  {
    file: `${METERING}/edge/lua/sweep.ts`,
    what: "lua",
    tests: at(
      "edge/scripts.redis",
      "edge/moments.redis",
      "reservations/reservations.redis",
      "intents/intents.redis",
      "caps/caps.redis",
      "reconcile/hydrate.redis",
    ),
    about: { SWEEP: [about("edge/scripts.redis", "sweep|without a record")] },
  },
  {
    file: `${METERING}/edge/lua/state.ts`,
    what: "lua",
    tests: [
      ...at("edge/scripts.redis", "edge/moments.redis"),
      ...HYDRATE,
      ...at("edge/consume.redis", "caps/caps.redis", "reservations/reservations.redis"),
    ],
    about: {
      RETIRE: [about("edge/scripts.redis", "^an account's hash")],
      SET_ACCOUNT: [about("edge/scripts.redis", "^an account's hash")],
      CONFIGURE_ACCOUNTS: [about("edge/scripts.redis", "^an account's hash"), late("CONFIGURE_ACCOUNTS")],
      SET_KEY_RECORD: [about("edge/scripts.redis", "^a key's record")],
      SET_CATALOG: [about("edge/scripts.redis", "^a partition's catalogue"), late("SET_CATALOG")],
    },
  },
  {
    file: `${METERING}/edge/lua/outbox.ts`,
    what: "lua",
    tests: [...at("edge/scripts.redis"), ...DRAIN],
    about: { READ_OUTBOX: [about("edge/scripts.redis", "^the head of an outbox")] },
  },
  {
    file: `${METERING}/outbox/service.ts`,
    what: "functions",
    functions: [
      "readBatches",
      "readAhead",
      "noticeLoss",
      "drainPartition",
      "drainTogether",
      "finish",
      "cut",
      "lockOf",
      "drainBatches",
      "partitionsOf",
      "drainedTo",
      "retire",
    ],
    tests: [...at("outbox/together.redis"), ...DRAIN],
    about: {
      readBatches: [
        about("outbox/together.redis", "one transaction|one by one"),
        about("outbox/drain.redis", "writes each use once|cannot read a Redis"),
      ],
      readAhead: [
        about("outbox/scale.redis", "^batches > (are read|read ahead)"),
        about("ledger/record.redis", "read a"),
      ],
      noticeLoss: [about("reconcile/windows.redis", "lost everything|^the window")],
      drainPartition: [
        about("ledger/record.redis", "goes on until|asks Redis|cannot read"),
        about("outbox/scale.redis", "^batches"),
      ],
      drainTogether: [about("outbox/together.redis", "^partitions")],
      finish: [
        about("edge/trace.redis", "."),
        about("ledger/record.redis", "deletes nothing|goes on"),
        about("outbox/drain.redis", "^the drain"),
        about("outbox/together.redis", "after"),
      ],
      cut: [about("outbox/scale.redis", "^batches")],
      lockOf: [about("outbox/together.redis", "another drain|for long"), about("outbox/drain.redis", "ten run")],
      drainBatches: [about("ledger/record.redis", "."), about("outbox/drain.redis", "^the drain")],
      partitionsOf: [about("outbox/together.redis", "^partitions")],
      drainedTo: [about("reconcile/windows.redis", "^the window"), about("ledger/record.redis", "last there")],
      retire: [about("ledger/record.redis", "broken chain|retire"), about("outbox/drain.redis", "^a fork")],
    },
  },
  {
    file: `${METERING}/marks/service.ts`,
    what: "functions",
    tests: at("reconcile/windows.redis", "ledger/record.redis", "wakes.redis", "outbox/drain.redis"),
    about: {
      rememberedBy: [
        about("ledger/record.redis", "remembered|generation|hides|forgets"),
        about("reconcile/windows.redis", "^the window"),
      ],
      introduce: [
        about("ledger/record.redis", "remembered|generation|hides"),
        about("outbox/drain.redis", "started anew"),
        about("reconcile/windows.redis", "^the window|lost everything"),
      ],
    },
  },
  { file: `${METERING}/ledger/rules.ts`, what: "functions", functions: ["placeOf", "readEntry"], tests: DRAIN },
  {
    file: `${METERING}/ledger/service.ts`,
    what: "functions",
    tests: DRAIN,
    about: [
      about("ledger/record.redis", "."),
      about("outbox/together.redis", "locked for long"),
      about("outbox/drain.redis", "Postgres refuses"),
    ],
  },
  {
    file: `${METERING}/entries/service.ts`,
    what: "functions",
    tests: at(
      "entries/entries.redis",
      "outbox/drain.redis",
      "refunds/refunds.redis",
      "reservations/reservations.redis",
      "intents/intents.redis",
      "guards.redis",
      "healing/healing.redis",
      "faults.redis",
    ),
    about: [
      about("entries/entries.redis", "."),
      about("outbox/drain.redis", "Postgres refuses"),
      about("outbox/scale.redis", "lose only"),
      ["src/features/notifications/webhooks/webhooks.redis.test.ts", "tokens|granted"],
    ],
  },
  {
    file: `${METERING}/rollups/service.ts`,
    what: "functions",
    tests: [
      ...at("entries/entries.redis", "refunds/refunds.redis", "reconcile/check.redis"),
      "src/features/usage/dashboard/dashboard.redis.test.ts",
    ],
  },
  {
    file: `${METERING}/reconcile/service.ts`,
    what: "functions",
    functions: ["isSound", "hydrateAccount", "hydrateOnce", "openEpoch", "lossWindow", "setAccount", "loadCatalog"],
    tests: HYDRATE,
    about: {
      isSound: [
        about("reconcile/steps.redis", "^an account that is sound"),
        about("reconcile/epochs.redis", "by the worker|two"),
      ],
      hydrateAccount: [about("reconcile/steps.redis", "^a hydrate|^an account that is sound")],
      hydrateOnce: [about("reconcile/steps.redis", "^a hydrate|^an epoch|^an account that is sound")],
      openEpoch: [
        about("reconcile/steps.redis", "^an epoch|^a hydrate"),
        about("reconcile/hydrate.redis", "^an account that is missing"),
        about("healing/strays.redis", "answered as they were"),
      ],
      lossWindow: [about("reconcile/windows.redis", "^the window"), about("reconcile/steps.redis", "^an epoch")],
      setAccount: [
        about("reconcile/hydrate.redis", "^an account that is missing|^a hydrate and"),
        about("reconcile/steps.redis", "^a hydrate"),
        about("account/account.redis", "."),
        about("grants.redis", "."),
        about("reservations/reservations.redis", "Redis has lost"),
      ],
      loadCatalog: [about("reconcile/steps.redis", "catalogue"), about("reconcile/epochs.redis", "catalogue")],
    },
  },
  {
    file: `${METERING}/healing/service.ts`,
    what: "functions",
    tests: at("healing/healing.redis", "healing/strays.redis", "letters/letters.redis", "outbox/drain.redis"),
    about: [about("healing/healing.redis", "."), about("healing/strays.redis", ".")],
  },
  {
    file: `${METERING}/account/service.ts`,
    what: "functions",
    tests: at(
      "account/account.redis",
      "healing/healing.redis",
      "caps/caps.redis",
      "reconcile/hydrate.redis",
      "lookup/lookup.redis",
      "outbox/drain.redis",
    ),
    about: [
      about("account/account.redis", "."),
      about("reconcile/hydrate.redis", "^an account that is missing"),
      about("healing/healing.redis", "."),
      about("caps/caps.redis", "what counts"),
    ],
  },
  {
    file: `${METERING}/lookup/service.ts`,
    what: "functions",
    tests: at("lookup/lookup.redis", "reservations/reservations.redis"),
    about: [about("lookup/lookup.redis", ".")],
  },
  {
    file: `${METERING}/intents/service.ts`,
    what: "functions",
    tests: INTENTS,
    about: [
      about("intents/intents.redis", "."),
      about("refunds/refunds.redis", "^a refund"),
      about("grants.redis", "."),
    ],
  },
  {
    file: `${METERING}/service.ts`,
    what: "functions",
    functions: ["changeLimit", "configureAccounts", "retireAccounts", "retireMarked"],
    tests: at("configure.redis", "guards.redis", "intents/intents.redis", "caps/caps.redis", "reconcile/hydrate.redis"),
    about: [
      about("configure.redis", "."),
      about("intents/intents.redis", "whether tokens run out"),
      about("guards.redis", "^a change of what"),
      about("reconcile/hydrate.redis", "closed on purpose"),
    ],
  },
];
