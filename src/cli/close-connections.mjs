// Loaded into the web app before Next. A server that is closing takes no new connection, but Node lets those that are open
// go on: a proxy that keeps asking over one keeps the server from ever ending, until it is killed with answers under way.
// So whatever is answered from then on says that its connection ends with it.
import { Server } from "node:http";

const { close } = Server.prototype;
Server.prototype.close = function closeWithConnections(...args) {
  this.prependListener("request", (_request, response) => response.setHeader("Connection", "close"));
  return close.apply(this, args);
};
