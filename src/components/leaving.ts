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

/** What of a window is needed here. Not every browser tells its place among the pages it has been on. */
export interface View extends Pick<Window, "addEventListener" | "removeEventListener"> {
  readonly location: { readonly pathname: string };
  readonly history: { go(steps: number): void };
  readonly navigation?: { readonly currentEntry: { readonly index: number } | null };
}

/**
 * Asks before the browser's own back or forward leaves the page. The address has changed by the time one hears of it, the page
 * has not: the router is kept from hearing, and the address is put back until it is known. @returns what ends it
 */
export function guardHistory(view: View, ask: Ask): () => void {
  const place = () => view.navigation?.currentEntry?.index;
  const here = view.location.pathname;
  let at = place();
  /** The next step is our own way back, or the one that may leave. */
  let [own, free] = [false, false];
  const onPop = (event: Event) => {
    if (own) {
      own = false;
      event.stopImmediatePropagation();
    } else if (free) {
      free = false;
    } else if (view.location.pathname === here) {
      at = place();
    } else {
      const now = place();
      // Where the browser does not tell, it was the button for back, which is pressed far more often.
      const steps = at === undefined || now === undefined ? 1 : at - now;
      event.stopImmediatePropagation();
      own = true;
      view.history.go(steps);
      ask(() => {
        free = true;
        view.history.go(-steps);
      });
    }
  };
  // Caught on its way down: the router listens to the same window, and longer.
  view.addEventListener("popstate", onPop, true);
  return () => view.removeEventListener("popstate", onPop, true);
}
