/** Anything that begins transactions: a database, or a transaction with its savepoints. */
interface Begins {
  // As drizzle's own, whose types know the schema: nothing here looks at more than that there is one.
  readonly transaction: unknown;
}
interface Left {
  readonly item: unknown;
  readonly flush: (tx: never, items: readonly never[]) => Promise<void>;
}

// On the transaction itself and under a name that all copies of this module share: a bundler makes several, and a pool that
// one of them opened serves them all.
const LEFT = Symbol.for("connected-apps.before-commit");
/** What an open transaction still has to do before it commits, in the order in which it was left. */
type Carrier = Begins & { [LEFT]?: Left[] };
type Begin = (work: (tx: Carrier) => Promise<unknown>, config?: unknown) => Promise<unknown>;

/**
 * Leaves something for the end of a transaction, after all that its work does and before it commits; what was left within
 * a savepoint goes with it when that is rolled back. For locks that everybody takes: whoever takes such a lock last can
 * keep nobody waiting who holds what they themselves want.
 * @param flush is called once, with all that was left for it
 */
export function beforeCommit<Tx extends Begins, T>(
  tx: Tx,
  flush: (tx: Tx, items: readonly T[]) => Promise<void>,
  item: T,
): void {
  const list = (tx as Carrier)[LEFT];
  if (!list) throw new Error("The transaction was not opened by openDatabase()");
  list.push({ item, flush });
}

/** Makes a database whose transactions keep what `beforeCommit` is told. */
export function withLastWork<Db extends Begins>(database: Db): Db {
  const begin = (database.transaction as Begin).bind(database);
  const transaction: Begin = (work, config) =>
    begin(async (tx) => {
      const list = opened(tx);
      const result = await work(tx);
      for (const flush of new Set(list.map((left) => left.flush))) {
        const own = list.filter((left) => left.flush === flush).map(({ item }) => item);
        await flush(tx as never, own as never[]);
      }
      return result;
    }, config);
  return Object.assign(database, { transaction });
}

function opened(tx: Carrier): Left[] {
  const list: Left[] = [];
  const begin = (tx.transaction as Begin).bind(tx);
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
