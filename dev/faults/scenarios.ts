import { clocksScenario } from "./clocks";
import { lastTokensScenario, oneKeyScenario } from "./concurrency";
import { backlogCapScenario, drainKilledScenario, drainsAtOnceScenario, postgresAwayScenario } from "./drain-faults";
import { flushedScenario, redisKilledScenario } from "./memory-faults";
import { poisonScenario } from "./poison";
import type { Scenario } from "./scenario";
import { soakScenario } from "./soak";
import { brokenLineScenario, repliesDroppedScenario, slowStoreScenario } from "./store-faults";

/** All of them, in the order of the fault table. */
export const SCENARIOS: readonly Scenario[] = [
  lastTokensScenario,
  oneKeyScenario,
  drainKilledScenario,
  drainsAtOnceScenario,
  postgresAwayScenario,
  backlogCapScenario,
  redisKilledScenario,
  flushedScenario,
  brokenLineScenario,
  repliesDroppedScenario,
  slowStoreScenario,
  poisonScenario,
  clocksScenario,
  soakScenario,
];
