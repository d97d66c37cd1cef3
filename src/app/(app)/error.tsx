"use client";

import { Broken, type BrokenProps } from "../broken";
import { Message } from "../message";

/** A signed-in page broke while it was put together; the frame around it stands. */
export default function PageError(props: BrokenProps) {
  return <Broken {...props} frame={Message} />;
}
