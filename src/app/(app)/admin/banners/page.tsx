import type { Metadata } from "next";
import { BannersPage } from "@/features/admin/components/banners-page";

export const metadata: Metadata = { title: "Banners" };

/** What all brands are told. */
export default function Banners() {
  return <BannersPage />;
}
