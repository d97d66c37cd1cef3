"use client";

import { redirect, usePathname } from "next/navigation";

/** Sends a signed-out visitor to the sign-in page, to come back here after it. */
export function ToSignIn(): never {
  redirect(`/sign-in?next=${encodeURIComponent(usePathname())}`);
}
