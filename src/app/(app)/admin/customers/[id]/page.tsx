import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { SupportPage } from "@/features/admin/components/support-page";
import { isUuid } from "@/lib/ids";

export const metadata: Metadata = { title: "Brand" };

/** One brand, once it is said why. */
export default async function Customer({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  if (!isUuid(id)) notFound();
  return <SupportPage customerId={id} />;
}
