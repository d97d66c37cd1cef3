import type { FrameSession } from "@/features/activations/embed/contract";
import type { ShellWords } from "./plan";
import { de } from "./words/de";
import { en } from "./words/en";
import { es } from "./words/es";
import { fr } from "./words/fr";
import { it } from "./words/it";
import { nl } from "./words/nl";

export const SHELL_WORDS: Readonly<Record<FrameSession["language"], ShellWords>> = { en, de, fr, es, it, nl };
