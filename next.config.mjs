// Sent with every answer; pages add nothing of their own yet.
const headers = [
  { key: "X-Content-Type-Options", value: "nosniff" },
  { key: "Referrer-Policy", value: "strict-origin-when-cross-origin" },
  { key: "X-Frame-Options", value: "DENY" },
  {
    key: "Content-Security-Policy",
    value: "frame-ancestors 'none'; base-uri 'self'; form-action 'self'; object-src 'none'",
  },
  { key: "Permissions-Policy", value: "camera=(), microphone=(), geolocation=()" },
];

export default {
  // The journeys build into a folder of their own, so that a development server beside them is not disturbed.
  distDir: process.env.NEXT_DIST_DIR || ".next",
  // Its badge covers what people look at; errors still open their overlay.
  devIndicators: false,
  // A compile cache kept from an earlier start can have every page reload for ever (the server and the page disagree on
  // the version of a chunk); starting cold costs seconds and always works.
  experimental: { turbopackFileSystemCacheForDev: false },
  poweredByHeader: false,
  reactStrictMode: true,
  // argon2 is a native module, pino opens files of its own and prom-client looks for what is installed beside it: they are
  // required at run time, not bundled.
  serverExternalPackages: ["@node-rs/argon2", "pino", "prom-client"],
  headers: async () => [{ source: "/(.*)", headers }],
};
