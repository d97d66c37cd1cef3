"use client";

import { Broken, type BrokenProps } from "./broken";
import { MessagePage } from "./message";

/** A page broke while it was put together. */
export default function PageError(props: BrokenProps) {
  return <Broken {...props} frame={MessagePage} />;
}
