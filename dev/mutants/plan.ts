/** What one run of Vitest is told, in a file that this variable names. */
export const PLAN_VARIABLE = "MUTANT_PLAN";

export interface Plan {
  /** Absent where the tests are run on the source as it is. */
  readonly mutant?: {
    /** Which module is another, relative to the project. */
    readonly file: string;
    /** Where its changed text is. */
    readonly textFile: string;
  };
  /** Test files, relative to the project, in the order in which they are to run. */
  readonly tests: readonly string[];
  /** A pattern for the names of the tests to run; all where it is absent. */
  readonly only?: string;
  /** Where Vitest writes what became of the tests. */
  readonly resultFile: string;
  /** Made when the changed module was loaded in place of the real one. */
  readonly loadedFile: string;
}
