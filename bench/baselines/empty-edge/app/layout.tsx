import type { ReactNode } from "react";

/** Next wants a document, also where only a route is served. */
export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
