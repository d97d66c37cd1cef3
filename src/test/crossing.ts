import { createConnection, createServer, type Socket } from "node:net";

/** A way to a store that can be cut, or made to swallow or change what comes back. */
export interface Crossing {
  readonly port: number;
  /** The store's address, by this way. */
  readonly url: string;
  /** How many bytes have been sent to the store. */
  readonly sent: () => number;
  /** Breaks every connection; new ones are taken. */
  readonly cut: () => void;
  /** From now on nothing comes back; what is sent still arrives. */
  readonly mute: () => void;
  /** Has what comes back changed. */
  readonly answerWith: (change: (reply: string) => string) => void;
  /** From now on no new connection is taken. */
  readonly block: () => void;
  /** As at the beginning. */
  readonly mend: () => void;
  readonly close: () => void;
}

/** Opens a way to the store at a URL. */
export async function crossing(url: string): Promise<Crossing> {
  const target = new URL(url);
  const pairs = new Set<[Socket, Socket]>();
  const state = { muted: false, blocked: false, sent: 0, change: undefined as ((reply: string) => string) | undefined };
  const server = createServer((near) => {
    if (state.blocked) return near.destroy();
    const far = createConnection(Number(target.port), target.hostname);
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    near.on("data", (chunk) => {
      state.sent += chunk.length;
      far.write(chunk);
    });
    far.on("data", (chunk) => {
      if (state.muted) return;
      near.write(state.change ? state.change(chunk.toString("latin1")) : chunk, "latin1");
    });
    const end = () => {
      near.destroy();
      far.destroy();
      pairs.delete(pair);
    };
    for (const socket of pair) socket.on("error", () => {}).on("close", end);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const through = new URL(url);
  through.port = String(port);
  const cut = () => {
    for (const [near, far] of pairs) {
      near.destroy();
      far.destroy();
    }
    pairs.clear();
  };
  return {
    port,
    url: through.href,
    sent: () => state.sent,
    cut,
    mute: () => {
      state.muted = true;
    },
    answerWith: (change) => {
      state.change = change;
    },
    block: () => {
      state.blocked = true;
    },
    mend: () => {
      Object.assign(state, { muted: false, blocked: false, change: undefined });
    },
    close: () => {
      cut();
      server.close();
    },
  };
}
