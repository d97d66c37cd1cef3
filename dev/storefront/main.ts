import { dataDirFromEnv } from "../stack/files";
import { createStorefront } from "./server";

// The storefront as a process of its own: DATA_DIR says whose key it shows, STOREFRONT_PORT where it is served.
const port = Number(process.env.STOREFRONT_PORT);
if (!Number.isInteger(port) || port <= 0) {
  console.error("The storefront needs STOREFRONT_PORT.");
  process.exit(2);
}
const server = createStorefront(dataDirFromEnv());
server.listen(port, "127.0.0.1");

const stop = (): void => {
  server.close(() => process.exit(0));
  server.closeAllConnections();
};
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
