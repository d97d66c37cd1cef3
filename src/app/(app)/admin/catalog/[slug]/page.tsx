import type { Metadata } from "next";
import { AppEditorPage } from "@/features/admin/components/catalogue/app-editor-page";

export const metadata: Metadata = { title: "App" };

/** One app, to be edited. */
export default async function App({ params }: { params: Promise<{ slug: string }> }) {
  const { slug } = await params;
  return <AppEditorPage slug={slug} />;
}
