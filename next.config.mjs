// Sent with every answer, errors included. What a page may load, the middleware adds, because it differs from visit to visit.
const headers = [
  // Over plain http, as on this machine, browsers take no notice.
  { key: "Strict-Transport-Security", value: "max-age=63072000; includeSubDomains" },
  { key: "X-Content-Type-Options", value: "nosniff" },
  { key: "Referrer-Policy", value: "strict-origin-when-cross-origin" },
  { key: "X-Frame-Options", value: "DENY" },
  { key: "Permissions-Policy", value: "camera=(), microphone=(), geolocation=()" },
];

/** What is no page: should a browser ever take it for one, it can do nothing. */
const noPage = [
  {
    key: "Content-Security-Policy",
    value: "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  },
];

const anyShop = [
  { key: "Access-Control-Allow-Origin", value: "*" },
  { key: "Cross-Origin-Resource-Policy", value: "cross-origin" },
];
const forEver = { key: "Cache-Control", value: "public, max-age=31536000, immutable" };
/** What shops load: the loader that follows us, the pinned one that never changes, and what the frame loads by hash. */
const widgetFiles = [
  {
    source: "/v1/embed.js",
    headers: [...anyShop, { key: "Cache-Control", value: "public, max-age=300, stale-while-revalidate=86400" }],
  },
  { source: "/:pinned(v1\\.\\d+\\.\\d+)/embed.js", headers: [...anyShop, forEver] },
  { source: "/v1/:kind(frame|mesh-[\\d.]+)/:file*", headers: [forEver] },
];

/** `npm run coverage` counts what runs: statement by statement, and led back to the sources. */
const isCounted = process.env.COVERAGE === "on";

export default {
  // The journeys build into a folder of their own, so that a development server beside them is not disturbed.
  distDir: process.env.NEXT_DIST_DIR || ".next",
  // Its badge covers what people look at; errors still open their overlay.
  devIndicators: false,
  // A compile cache kept from an earlier start can have every page reload for ever (the server and the page disagree on
  // the version of a chunk); starting cold costs seconds and always works.
  experimental: {
    turbopackFileSystemCacheForDev: false,
    // The journeys build once into an empty folder: writing down what nobody will read costs them ten seconds.
    turbopackFileSystemCacheForBuild: !process.env.NEXT_DIST_DIR,
    ...(isCounted && { turbopackMinify: false }),
  },
  // `npm run verify` and the tests hold the types in a quarter of the time; a build for its own sake looks again.
  typescript: { ignoreBuildErrors: Boolean(process.env.NEXT_DIST_DIR) },
  productionBrowserSourceMaps: isCounted,
  poweredByHeader: false,
  reactStrictMode: true,
  // Pictures are sent as they are. /_next/image would decode for anybody who asks what brands have put behind addresses of ours,
  // at sizes of their choice: three megabytes can unfold into a gigabyte, and each size would be kept on the disk.
  images: { unoptimized: true },
  // argon2 is a native module, pino and pdfkit open files of their own, prom-client and pg-boss look for what is installed beside them:
  // they are required at run time, not bundled.
  serverExternalPackages: ["@node-rs/argon2", "pdfkit", "pg-boss", "pino", "prom-client"],
  // The installed build of the widgets is read beside the files that it describes; a report's letters from where they are installed.
  outputFileTracingIncludes: {
    "/**": ["./public/v1/build.json"],
    "/api/internal/mail": ["./node_modules/geist/dist/fonts/geist-sans/Geist-{Regular,Medium,SemiBold}.ttf"],
  },
  headers: async () => [
    // A widget's frame says for itself who may hold it and that it may ask for the camera.
    { source: "/((?!v1/widget/).*)", headers },
    { source: "/api/:path*", headers: noPage },
    { source: "/_next/:path*", headers: noPage },
    { source: "/:file(.*\\.[A-Za-z0-9]+)", headers: noPage },
    { source: "/theme.js", headers: [{ key: "Cache-Control", value: "public, max-age=3600" }] },
    ...widgetFiles,
  ],
};
