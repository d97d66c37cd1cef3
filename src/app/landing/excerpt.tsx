import { formatCount, formatDelta } from "@/components/format";
import { AppIcon } from "@/components/icons/apps";
import { APPS } from "./apps";

const START = 7_153;
const USES = ["vto-001", "pdc-001", "vto-001", "frf-001", "sty-001"];

/** Five lines of a ledger that never was, each balance following from the one before. */
export function Excerpt() {
  let balance = START;
  const lines = USES.map((id, position) => {
    const app = APPS.find((each) => each.id === id);
    const tokens = app?.tokens ?? 0;
    balance -= tokens;
    return { key: position, id, name: app?.name ?? id, tokens, after: balance };
  }).reverse();
  return (
    <figure className="rounded-card border border-line bg-surface">
      <table className="figures w-full text-left text-14">
        <thead>
          <tr className="text-12 text-ink-3 [&>th]:h-10 [&>th]:px-3 [&>th]:font-medium">
            <th scope="col" className="pl-4">
              Use
            </th>
            <th scope="col" className="text-right">
              Tokens
            </th>
            <th scope="col" className="pr-4 text-right">
              Balance after
            </th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={line.key} className="[&>*]:h-12 [&>*]:border-t [&>*]:border-line [&>*]:px-3">
              <th scope="row" className="pl-4 font-normal">
                <span className="flex items-center gap-3">
                  <AppIcon appId={line.id} size={28} />
                  {line.name}
                </span>
              </th>
              <td className="text-right font-medium">{formatDelta(-line.tokens)}</td>
              <td className="pr-4 text-right text-ink-2">{formatCount(line.after)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <figcaption className="border-t border-line px-4 py-2.5 text-12 text-ink-3">
        An example: each balance is the one below it less the tokens of its line.
      </figcaption>
    </figure>
  );
}
