import { Badge } from "@/components/badge";
import { CheckIcon, SoonIcon, StoppedIcon } from "@/components/icons/interface";
import type { AppCard } from "../contract";

/** Where an app stands in its own life; what is simply available needs no word. */
export function StatusBadge({ status }: { status: AppCard["status"] }) {
  switch (status) {
    case "beta":
      return <Badge tone="accent">Beta</Badge>;
    case "deprecated":
      return (
        <Badge tone="soon" icon={<SoonIcon size={14} />}>
          Being retired
        </Badge>
      );
    case "disabled":
      return (
        <Badge tone="stopped" icon={<StoppedIcon size={14} />}>
          No longer offered
        </Badge>
      );
    default:
      return null;
  }
}

/** How an app stands with the brand. */
export function ActivationBadge({ activation }: { activation: AppCard["activation"] }) {
  switch (activation) {
    case "active":
      return (
        <Badge tone="done" icon={<CheckIcon size={14} />}>
          Active
        </Badge>
      );
    case "paused":
      return (
        <Badge tone="soon" icon={<SoonIcon size={14} />}>
          Paused
        </Badge>
      );
    case "disabled":
      return <Badge>Turned off</Badge>;
    default:
      return null;
  }
}
