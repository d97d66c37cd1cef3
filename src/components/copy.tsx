"use client";

import { type ReactNode, useEffect, useRef, useState } from "react";
import { toast } from "sonner";
import { announce } from "./announcer";
import { Button, type ButtonLook } from "./button";
import { cx } from "./cx";
import { shortenId } from "./format";
import { CheckIcon, CopyIcon } from "./icons/interface";

/** Copies text and says so for two seconds; where the browser forbids it, says what to do instead. */
function useCopy(text: string): { copied: boolean; copy: () => Promise<void> } {
  const [copied, setCopied] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      announce("Copied");
      clearTimeout(timer.current);
      timer.current = setTimeout(() => setCopied(false), 2_000);
    } catch {
      toast.error("Your browser does not let this page copy. Select the text and copy it by hand.");
    }
  };
  return { copied, copy };
}

/** A button that copies `text`; its words change to "Copied" and are announced. */
export function CopyButton({ text, children, look }: { text: string; children: ReactNode; look?: ButtonLook }) {
  const { copied, copy } = useCopy(text);
  return (
    <Button look={look} onClick={copy} icon={copied ? <CheckIcon size={18} /> : <CopyIcon size={18} />}>
      <span className="grid text-left">
        <span className={cx("col-start-1 row-start-1", copied && "invisible")}>{children}</span>
        <span className={cx("col-start-1 row-start-1", !copied && "invisible")}>Copied</span>
      </span>
    </Button>
  );
}

/** An id, shortened in the middle; a press copies all of it. `what` names it for screen readers: "key id". */
export function Id({ id, what, copyText = id }: { id: string; what: string; copyText?: string }) {
  const { copied, copy } = useCopy(copyText);
  return (
    <button
      type="button"
      onClick={copy}
      title={id}
      className="group/id -mx-1 inline-flex h-6 items-center gap-1 rounded-control px-1 font-mono text-12 whitespace-nowrap text-ink-2 transition-colors hover:bg-inset hover:text-ink"
    >
      <span className="sr-only">Copy {what} </span>
      {shortenId(id, 10)}
      <span aria-hidden="true" className={cx("text-ink-3", copied && "text-green")}>
        {copied ? <CheckIcon size={14} /> : <CopyIcon size={14} />}
      </span>
    </button>
  );
}
