import type { Metadata } from "next";
import { FlagsPage } from "@/features/admin/components/flags/flags-page";

export const metadata: Metadata = { title: "Flags" };

/** To which brands an app is open. */
export default function Flags() {
  return <FlagsPage />;
}
