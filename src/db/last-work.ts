import type { Db, Tx } from "./client";

/** Does, at the end of a transaction, what was left for it. */
type Flush<T> = (tx: Tx, items: readonly T[]) => Promise<void>;
interface Left {
  readonly item: unknown;
  readonly flush: Flush<unknown>;
}

// On the transaction itself and under a name that all copies of this module share: a bundler makes several, and a pool that
// one of them opened serves them all.
const LEFT = Symbol.for("connected-apps.before-commit");
/** What an open transaction still has to do before it commits, in the order in which it was left. */
type Carrier = Tx & { [LEFT]?: Left[] };

/**
 * Leaves something for the end of a transaction, after all that its work does and before it commits; what was left within
 * a savepoint goes with it when that is rolled back. For locks that everybody takes: whoever takes such a lock last can
 * keep nobody waiting who holds what they themselves want.
 * @param flush is called once, with all that was left for it
 */
export function beforeCommit<T>(tx: Tx, flush: Flush<T>, item: T): void {
  const list = (tx as Carrier)[LEFT];
  if (!list) throw new Error("The transaction was not opened by openDatabase()");
  list.push({ item, flush: flush as Flush<unknown> });
}

type Begin = (work: (tx: Tx) => Promise<unknown>, config?: unknown) => Promise<unknown>;

/** Makes a database whose transactions keep what `beforeCommit` is told. */
export function withLastWork(database: Db): Db {
  const begin = database.transaction.bind(database) as Begin;
  const transaction: Begin = (work, config) =>
    begin(async (tx) => {
      const list = opened(tx);
      const result = await work(tx);
      for (const flush of new Set(list.map((left) => left.flush))) {
        const own = list.filter((left) => left.flush === flush).map(({ item }) => item);
        await flush(tx, own);
      }
      return result;
    }, config);
  return Object.assign(database, { transaction });
}

function opened(tx: Tx): Left[] {
  const list: Left[] = [];
  const begin = tx.transaction.bind(tx) as Begin;
  const transaction: Begin = (work) =>
    begin(async (inner) => {
      const own = opened(inner);
      const result = await work(inner);
      list.push(...own);
      return result;
    });
  Object.assign(tx, { transaction, [LEFT]: list });
  return list;
}
