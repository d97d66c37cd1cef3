import { Badge } from "@/components/badge";
import { FlaskIcon } from "@/components/icons/interface";
import type { KeyView } from "../contract";
import { MODES } from "./words";

/** Live or test, in a word. Test stands out wherever a key or its figures do, for it moves no real tokens. */
export function ModeBadge({ mode }: { mode: KeyView["mode"] }) {
  return mode === "live" ? (
    <Badge tone="accent">{MODES.live.name}</Badge>
  ) : (
    <Badge tone="soon" icon={<FlaskIcon size={14} />}>
      {MODES.test.name}
    </Badge>
  );
}
