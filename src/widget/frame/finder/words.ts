import { DE } from "./words/de";
import { EN, type FinderWords } from "./words/en";
import { ES } from "./words/es";
import { FR } from "./words/fr";
import { IT } from "./words/it";
import { NL } from "./words/nl";

export type { FinderWords };

/** The finder's words by language. */
export const FINDER_WORDS: Readonly<Record<string, FinderWords>> = { en: EN, de: DE, fr: FR, es: ES, it: IT, nl: NL };
