import { DE } from "./words/de";
import { EN, type PdWords } from "./words/en";
import { ES } from "./words/es";
import { FR } from "./words/fr";
import { IT } from "./words/it";
import { NL } from "./words/nl";

export type { PdWords };

/** The calculator's words by language. */
export const PD_WORDS: Readonly<Record<string, PdWords>> = { en: EN, de: DE, fr: FR, es: ES, it: IT, nl: NL };
