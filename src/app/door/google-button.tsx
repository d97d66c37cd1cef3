import { buttonClass } from "@/components/button";
import { googleAction } from "./actions";

/** Goes to Google to prove who is there. */
export function GoogleButton({ next }: { next?: string }) {
  return (
    <div className="grid gap-4">
      <p className="flex items-center gap-3 text-12 text-ink-3">
        <span className="h-px flex-1 bg-line" /> or <span className="h-px flex-1 bg-line" />
      </p>
      <form action={googleAction}>
        {next && <input type="hidden" name="next" value={next} />}
        <button type="submit" className={`${buttonClass("plain")} w-full`}>
          Continue with Google
        </button>
      </form>
    </div>
  );
}
