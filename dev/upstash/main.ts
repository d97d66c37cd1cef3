import { createBridge } from "./bridge";

// The bridge as a process of its own, started by the stack: BRIDGE_REDIS_URL, BRIDGE_TOKEN and BRIDGE_PORT say
// how, and BRIDGE_HOST where, if not on this machine alone.
const { BRIDGE_REDIS_URL: redisUrl, BRIDGE_TOKEN: token, BRIDGE_PORT: port, BRIDGE_HOST: host } = process.env;
if (!redisUrl || !token || !port) {
  console.error("The bridge needs BRIDGE_REDIS_URL, BRIDGE_TOKEN and BRIDGE_PORT.");
  process.exit(2);
}
const bridge = createBridge({ redisUrl, token, log: (line) => console.log(line) });
await bridge.connected();
await bridge.listen(Number(port), host || undefined);

const stop = (): void => {
  void bridge.close().then(() => process.exit(0));
};
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
