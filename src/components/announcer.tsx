"use client";

import { useEffect, useState } from "react";

type Listener = (words: string) => void;
let listener: Listener | undefined;

/** Says something to screen readers, politely. One voice for the whole page, heard also while a dialog is open. */
export function announce(words: string): void {
  listener?.(words);
}

/** Where `announce` speaks from; stands once in the frame of the pages. */
export function Announcer() {
  const [said, setSaid] = useState({ words: "", count: 0 });
  useEffect(() => {
    const mine: Listener = (words) => setSaid((before) => ({ words, count: before.count + 1 }));
    listener = mine;
    return () => {
      if (listener === mine) listener = undefined;
    };
  }, []);
  return (
    <div className="sr-only" aria-live="polite">
      {/* A new element each time, so that the same words twice are said twice. */}
      <p key={said.count}>{said.words}</p>
    </div>
  );
}
