"use client";

import { redirect, usePathname, useSearchParams } from "next/navigation";

/** Sends a signed-out visitor to the sign-in page, to come back here after it, to the same view. */
export function ToSignIn(): never {
  const path = usePathname();
  const query = useSearchParams().toString();
  redirect(`/sign-in?next=${encodeURIComponent(query ? `${path}?${query}` : path)}`);
}
