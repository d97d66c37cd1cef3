/** What tests on real stores find in their environment beside the stores' addresses; all of it made up. */
export const TEST_ENV = {
  AUTH_URL: "http://localhost:3000",
  // Receivers of webhooks stand on this machine.
  OUTGOING_LOOPBACK: "on",
  ENCRYPTION_KEYS: `test:${Buffer.alloc(32, 7).toString("base64")}`,
  LOG_LEVEL: "silent",
} as const;
