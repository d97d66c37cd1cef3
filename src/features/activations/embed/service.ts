import type { CustomerId } from "@/lib/ids";
import type { Redis } from "@/lib/redis";
import { installationKey } from "./queries";

/** How long an installation is remembered after it was last seen, in seconds. */
const REMEMBERED_FOR = 60 * 86_400;

/** What a loader's question told of an app's installation. */
export interface Ping {
  readonly customerId: CustomerId;
  readonly appId: string;
  /** The shop's origin. */
  readonly origin: string;
  readonly loader: string;
  /** Why it was refused; null where it was answered. */
  readonly refusal: string | null;
  /** Milliseconds. */
  readonly now: number;
}

/**
 * Notes that a loader asked for an app: what the installation check looks at. Only for a key that is real, so that a
 * stranger cannot fill the memory.
 */
export async function noteInstallation(redis: Redis, ping: Ping): Promise<void> {
  const key = installationKey(ping.customerId, ping.appId);
  const fields: Record<string, string> =
    ping.refusal === null
      ? { at: String(ping.now), origin: ping.origin, loader: ping.loader }
      : { refused_at: String(ping.now), refused_origin: ping.origin, refused_code: ping.refusal };
  await redis.pipeline().hset(key, fields).expire(key, REMEMBERED_FOR).exec();
}
