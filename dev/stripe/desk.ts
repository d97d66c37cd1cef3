import type { Api } from "./api";
import type { Faults } from "./faults";
import type { Store } from "./store";
import type { Webhooks } from "./webhooks";
import type { World } from "./world";

/** What pages and commands work on. */
export interface Desk {
  readonly store: Store;
  readonly world: World;
  readonly webhooks: Webhooks;
  readonly faults: Faults;
  readonly api: Api;
  /** Forgets everything but the catalogue. */
  reset(): void;
}
