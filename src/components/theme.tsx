"use client";

import { ThemeProvider as NextThemes } from "next-themes";
import type { ReactNode } from "react";

// public/theme.js sets the theme before the first paint. The script that next-themes would write into the page for it is
// kept from being one: the page's policy would refuse it, and React says aloud that it never runs one of its own.
const script = { type: "text/plain" };

/** Follows the system until someone chooses; the choice stays in the browser. */
export function ThemeProvider({ children }: { children: ReactNode }) {
  return (
    <NextThemes attribute="class" defaultTheme="system" enableSystem disableTransitionOnChange scriptProps={script}>
      {children}
    </NextThemes>
  );
}
