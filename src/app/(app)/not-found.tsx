import Link from "next/link";
import { buttonClass } from "@/components/button";
import { NothingHereDrawing } from "@/components/icons/drawings";
import { Message } from "../message";

/** No such page for this person, said inside the frame, so that the way on stays in reach. */
export default function NotFound() {
  return (
    <Message
      drawing={<NothingHereDrawing />}
      title="There is no such page here"
      action={
        <Link href="/overview" className={buttonClass("main")}>
          Go to the overview
        </Link>
      }
    >
      <p>The address may be mistyped, or the page may belong to another role or brand.</p>
    </Message>
  );
}
