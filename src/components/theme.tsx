"use client";

import { ThemeProvider as NextThemes } from "next-themes";
import type { ReactNode } from "react";

// The script that sets the theme before the first paint runs in what the server sent. Where the browser renders it
// again it must not look like a script, because React says aloud that it would never run.
const script = { type: typeof window === "undefined" ? "text/javascript" : "text/plain" };

/** Follows the system until someone chooses; the choice stays in the browser. */
export function ThemeProvider({ children }: { children: ReactNode }) {
  return (
    <NextThemes attribute="class" defaultTheme="system" enableSystem disableTransitionOnChange scriptProps={script}>
      {children}
    </NextThemes>
  );
}
