import type { Metadata } from "next";
import { ReviewPage } from "@/features/admin/components/review/review-page";

export const metadata: Metadata = { title: "Review" };

/** What is worth a look. */
export default function Review() {
  return <ReviewPage />;
}
