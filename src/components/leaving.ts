/** Asks whether what is typed may go; `go` leaves once it may. */
type Ask = (go: () => void) => void;

let asks: Ask | null = null;

/** Whom to ask from now on, before somebody is taken away. @returns what ends it */
export function askBeforeLeaving(ask: Ask): () => void {
  asks = ask;
  return () => {
    if (asks === ask) asks = null;
  };
}

/** Goes to another page from code, as a link would: where something typed would be lost, it is asked first. */
export function leaveFor(path: string, go: () => void): void {
  if (asks && path !== window.location.pathname) asks(go);
  else go();
}

/** Does what takes everything typed with it, wherever one is: another brand, the end of a session. @returns whether it is asked first */
export function leaveAll(go: () => void): boolean {
  if (!asks) {
    go();
    return false;
  }
  asks(go);
  return true;
}

/** A step that the browser is about to take, as the Navigation API tells of it. */
interface Step extends Event {
  readonly navigationType: string;
  readonly destination: { readonly url: string; readonly index: number };
}

/** What of a window is needed here. Browsers without the Navigation API tell of a step only when it has been taken. */
export interface View {
  readonly location: { readonly pathname: string };
  readonly history: { go(steps: number): void };
  readonly navigation?: {
    readonly currentEntry: { readonly index: number } | null;
    addEventListener(type: "navigate", listener: (event: Step) => void): void;
    removeEventListener(type: "navigate", listener: (event: Step) => void): void;
  };
}

/**
 * Asks before the browser's own back or forward leaves the page, where the browser tells of it beforehand: once it is taken the
 * router has heard of it, whatever is done. A browser lets a step be stopped once for each time that somebody has done something
 * in the page, so that nobody is kept in it. @returns what ends it
 */
export function guardHistory({ navigation, location, history }: View, ask: Ask): () => void {
  /** The next step is the one that may leave. */
  let free = false;
  const onNavigate = (event: Step) => {
    if (event.navigationType !== "traverse" || !event.cancelable) return;
    if (free) {
      free = false;
      return;
    }
    if (new URL(event.destination.url).pathname === location.pathname) return;
    event.preventDefault();
    const steps = event.destination.index - (navigation?.currentEntry?.index ?? event.destination.index + 1);
    ask(() => {
      free = true;
      history.go(steps);
    });
  };
  navigation?.addEventListener("navigate", onNavigate);
  return () => navigation?.removeEventListener("navigate", onNavigate);
}
