import { requestIdOf } from "@/lib/problem";
import { widgetBuild } from "@/lib/widget-build";

/**
 * The page inside a widget's `<dialog>`, the same for every app and every brand: it holds no data, so anybody may frame
 * it. What it shows, it reads with the session token that the loader hands it, and it answers only the origin which that
 * token names. The preview on our own configure page spends nothing and is framed by us alone.
 */

/** MediaPipe's loader makes functions from text, so only this page allows that; nothing else of it comes from a string. */
const policy = (ancestors: string): string =>
  [
    "default-src 'none'",
    "script-src 'self' 'unsafe-eval' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "font-src 'self'",
    "img-src 'self' blob: data:",
    "media-src 'self' blob: mediastream:",
    "connect-src 'self'",
    "worker-src 'self' blob:",
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${ancestors}`,
  ].join("; ");

const PAGE = ({ script, style }: { script: string; style: string }): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>VARAi</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${style}">
<script src="${script}" defer></script>
</head>
<body><main id="app" aria-busy="true"></main></body>
</html>
`;

/** `GET /v1/widget/{slug}`, and with `?preview=1` for our own pages. */
export function getFrame(request: Request, slug: string): Response {
  const id = { "X-Request-Id": requestIdOf(request) };
  if (!/^[a-z0-9-]{1,50}$/.test(slug)) return new Response("There is no such app.\n", { status: 404, headers: id });
  const preview = new URL(request.url).searchParams.get("preview") === "1";
  return new Response(PAGE(widgetBuild().frame), {
    headers: {
      ...id,
      "Content-Type": "text/html; charset=utf-8",
      "Cache-Control": "public, max-age=60",
      "Content-Security-Policy": policy(preview ? "'self'" : "*"),
      "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
      "Referrer-Policy": "no-referrer",
      "X-Content-Type-Options": "nosniff",
    },
  });
}
