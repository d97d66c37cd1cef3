import type fc from "fast-check";
import { again, batch, consume, hold, resolve } from "./calls";
import type { Model, Real } from "./command";
import { adjust, apply, endGrant, giveBack, grant } from "./grants";
import { race } from "./race";
import {
  cap,
  clock,
  drainIt,
  failOver,
  flushAll,
  forget,
  hydrateIt,
  keepCopy,
  limit,
  restart,
  revoke,
  sweepIt,
} from "./upheavals";

/** Every command, by how often it comes. */
export const COMMANDS: readonly fc.WeightedArbitrary<fc.AsyncCommand<Model, Real>>[] = [
  { weight: 30, arbitrary: consume },
  { weight: 12, arbitrary: again },
  { weight: 6, arbitrary: batch },
  { weight: 9, arbitrary: hold },
  { weight: 9, arbitrary: resolve },
  { weight: 6, arbitrary: giveBack },
  { weight: 8, arbitrary: grant },
  { weight: 2, arbitrary: apply },
  { weight: 2, arbitrary: endGrant },
  { weight: 3, arbitrary: adjust },
  { weight: 7, arbitrary: drainIt },
  { weight: 2, arbitrary: hydrateIt },
  { weight: 2, arbitrary: forget },
  { weight: 2, arbitrary: flushAll },
  { weight: 1, arbitrary: restart },
  { weight: 3, arbitrary: keepCopy },
  { weight: 3, arbitrary: failOver },
  { weight: 9, arbitrary: clock },
  { weight: 4, arbitrary: cap },
  { weight: 2, arbitrary: limit },
  { weight: 1, arbitrary: revoke },
  { weight: 3, arbitrary: sweepIt },
  { weight: 5, arbitrary: race },
];
