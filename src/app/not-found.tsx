import Link from "next/link";
import { connection } from "next/server";
import { buttonClass } from "@/components/button";
import { NothingHereDrawing } from "@/components/icons/drawings";
import { MessagePage } from "./message";

export const metadata = { title: "Not found" };

/** No such page, or not one for this person: the answer does not tell which. */
export default async function NotFound() {
  // Made for the visit, because its scripts have to carry the visit's nonce.
  await connection();
  return (
    <MessagePage
      drawing={<NothingHereDrawing />}
      title="There is no such page here"
      action={
        <Link href="/overview" className={buttonClass("main")}>
          Go to the overview
        </Link>
      }
    >
      <p>The address may be mistyped, or the page may belong to another role or brand.</p>
    </MessagePage>
  );
}
