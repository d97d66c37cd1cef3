import { parseArgs } from "node:util";
import { closeDb } from "@/db/client";
import {
  type Letter,
  type LetterFilter,
  letterById,
  listLetters,
  replayable,
} from "@/features/metering/letters/queries";
import { discardLetter, type Outcome, replayLetter } from "@/features/metering/letters/service";
import { metering } from "@/rest/internal/metering";
import { explain, isMisuse, Misuse } from "./failure";
import { accountsNamed } from "./terminal";

const USAGE = `usage: npm run -s dead-letters -- list [--account CUSTOMER[:live|test]] [--reason poison|fork] [--open]
       npm run -s dead-letters -- inspect ID
       npm run -s dead-letters -- replay ID | --all [--account …] [--reason …]
       npm run -s dead-letters -- discard ID --reason "WHY"`;
const MOST = 200;
const operator = { type: "system", id: "operator" } as const;

const line = (letter: Letter): string =>
  [
    letter.id,
    letter.createdAt.toISOString(),
    letter.reason.padEnd(6),
    letter.customerId
      ? `${letter.customerId}:${letter.mode} ${letter.epoch}/${letter.seq}`
      : `partition ${letter.partition}`,
    letter.fields.k ?? "?",
    letter.delta ?? "",
    letter.resolvedAt ? `resolved (${letter.resolution})` : letter.error.split("\n")[0],
  ].join("  ");

const said = (id: string, outcome: Outcome): string => {
  if (outcome.kind === "refused") return `refused   ${id}  ${outcome.why}`;
  return `${outcome.kind === "done" ? "resolved" : "was so  "}  ${id}  ${outcome.resolution}`;
};

/** `npm run -s dead-letters`: what could not be written, and what to do about it. Exits 1 where something is refused. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      account: { type: "string" },
      reason: { type: "string" },
      open: { type: "boolean" },
      all: { type: "boolean" },
    },
  });
  const [verb, id, ...rest] = positionals;
  if (rest.length > 0) throw new Misuse(`one letter at a time: ${rest[0]} is too much`);
  const deps = metering();
  const filter = (): LetterFilter => {
    const { account, reason, open } = values;
    if (reason !== undefined && reason !== "poison" && reason !== "fork") {
      throw new Misuse("--reason takes poison or fork");
    }
    return {
      ...(account === undefined ? {} : accountsNamed(account)),
      ...(reason === undefined ? {} : { reason }),
      ...(open === undefined ? {} : { open }),
    };
  };
  const named = (): string => {
    if (!id) throw new Misuse(`${verb} takes the id of a letter`);
    return id;
  };

  switch (verb) {
    case "list": {
      const { letters, total } = await listLetters(deps.db, filter(), MOST);
      for (const letter of letters) console.log(line(letter));
      if (total > letters.length) console.log(`and ${total - letters.length} older ones`);
      if (total === 0) console.log("no dead letters");
      return;
    }
    case "inspect": {
      const letter = await letterById(deps.db, named());
      if (!letter) throw new Misuse(`there is no dead letter ${id}`);
      console.log(JSON.stringify(letter, null, 2));
      return;
    }
    case "replay": {
      if ((values.all === true) === (id !== undefined)) throw new Misuse("replay takes the id of a letter, or --all");
      const ids = values.all ? await replayable(deps.db, filter()) : [named()];
      for (const one of ids) {
        const outcome = await replayLetter(deps, operator, one);
        console.log(said(one, outcome));
        if (outcome.kind === "refused") process.exitCode = 1;
      }
      if (ids.length === 0) console.log("no dead letters");
      return;
    }
    case "discard": {
      if (!values.reason) throw new Misuse('discard takes --reason "WHY"');
      const outcome = await discardLetter(deps, operator, named(), values.reason);
      console.log(said(named(), outcome));
      if (outcome.kind === "refused") process.exitCode = 1;
      return;
    }
    default:
      throw new Misuse(verb === undefined ? "say what to do" : `there is no verb ${verb}`);
  }
}

try {
  await main();
} catch (error) {
  console.error(explain(error));
  if (isMisuse(error)) console.error(USAGE);
  process.exitCode = isMisuse(error) ? 2 : 1;
} finally {
  await closeDb();
}
