"use client";

import { Menu } from "@base-ui/react/menu";
import { type ReactNode, useRef, useState } from "react";
import { toast } from "sonner";
import { Button, buttonClass } from "../button";
import { cx } from "../cx";
import { Hint } from "../hint";
import { ChartIcon, DownloadIcon, InfoIcon, TableIcon } from "../icons/interface";
import { RowHead, Table, Td, Th, Tr } from "../table";
import { saveCsv, savePng } from "./save";

/** The figures behind a chart: what its table shows and its file holds. */
export interface Figures {
  /** The first names what a row is about; the others are amounts, with their units. */
  readonly columns: readonly string[];
  readonly rows: readonly { readonly key: string; readonly cells: readonly (string | number | null)[] }[];
  /** How an amount is written in the table; the file holds it as it is. */
  readonly format: (value: number, column: number) => string;
  /** Where the first cell leads, if anywhere. */
  readonly onPick?: (key: string) => void;
}

const ITEM =
  "flex h-9 cursor-default items-center rounded-control px-2.5 text-13 outline-none data-highlighted:bg-inset data-highlighted:text-ink";

/**
 * A chart on a card: a title, what it shows, the chart or the same figures as a table, and both as a file. `drawn` is false
 * for a chart that is no drawing and cannot be saved as one.
 */
export function ChartCard({
  title,
  hint,
  note,
  file,
  figures,
  drawn = true,
  children,
  className,
}: {
  title: string;
  hint: ReactNode;
  note?: ReactNode;
  file: string;
  figures: Figures;
  drawn?: boolean;
  children: ReactNode;
  className?: string;
}) {
  const [asTable, setAsTable] = useState(false);
  const chart = useRef<HTMLDivElement>(null);
  const png = async () => {
    const svg = chart.current?.querySelector<SVGSVGElement>("svg.chart, svg.recharts-surface");
    try {
      if (!svg) throw new Error("nothing is drawn");
      await savePng(file, svg, title);
    } catch {
      toast.error("Your browser could not make the picture. Nothing was lost; the table and the CSV hold the figures.");
    }
  };
  const csv = () => saveCsv(file, [figures.columns, ...figures.rows.map(({ cells }) => cells)]);
  return (
    <section className={cx("flex min-w-0 flex-col rounded-card border border-line bg-surface", className)}>
      <div className="flex min-h-14 items-center justify-between gap-3 px-4 pt-1 md:px-5">
        <div className="flex min-w-0 items-center gap-1.5">
          <h2 className="text-14 font-semibold">{title}</h2>
          <Hint label={`About ${title}`} trigger={<InfoIcon size={16} className="text-ink-3" />}>
            {hint}
          </Hint>
        </div>
        <div className="flex shrink-0 items-center">
          <Button
            look="quiet"
            size="icon"
            aria-pressed={asTable}
            aria-label={`${title} as a table`}
            title={asTable ? "Show the chart" : "Show the table"}
            onClick={() => setAsTable((before) => !before)}
          >
            {asTable ? <ChartIcon size={18} /> : <TableIcon size={18} />}
          </Button>
          <Menu.Root>
            <Menu.Trigger className={buttonClass("quiet", "icon")} aria-label={`Save ${title}`} title="Save">
              <DownloadIcon size={18} />
            </Menu.Trigger>
            <Menu.Portal>
              <Menu.Positioner sideOffset={6} align="end" className="z-50 outline-none">
                <Menu.Popup className="min-w-40 rounded-card border border-line bg-surface p-1 text-ink-2 shadow-float outline-none">
                  <Menu.Item className={ITEM} onClick={csv}>
                    Figures as CSV
                  </Menu.Item>
                  {drawn && !asTable && (
                    <Menu.Item className={ITEM} onClick={png}>
                      Picture as PNG
                    </Menu.Item>
                  )}
                </Menu.Popup>
              </Menu.Positioner>
            </Menu.Portal>
          </Menu.Root>
        </div>
      </div>
      {note && <div className="px-4 pb-3 md:px-5">{note}</div>}
      {asTable ? (
        <FiguresTable title={title} figures={figures} />
      ) : (
        <div ref={chart} className="min-w-0 flex-1 px-4 pb-4 md:px-5 md:pb-5">
          {children}
        </div>
      )}
    </section>
  );
}

function FiguresTable({ title, figures: { columns, rows, format, onPick } }: { title: string; figures: Figures }) {
  return (
    // Wide and long ones scroll within the card: its buttons, where it has some, bring the keyboard along.
    <div className="max-h-96 flex-1 overflow-auto [&_thead_th]:top-0">
      <Table label={title}>
        <thead>
          <tr>
            {columns.map((column, i) => (
              <Th key={column} className={cx(i > 0 && "text-right")}>
                {column}
              </Th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells: [head, ...rest] }) => (
            <Tr key={key}>
              <RowHead className="py-1.5 whitespace-nowrap">
                {onPick ? (
                  <button
                    type="button"
                    className="rounded-control underline decoration-line-strong underline-offset-4 hover:decoration-current"
                    onClick={() => onPick(key)}
                  >
                    {head}
                  </button>
                ) : (
                  head
                )}
              </RowHead>
              {rest.map((cell, i) => (
                <Td key={columns[i + 1]} className="figures py-1.5 text-right whitespace-nowrap">
                  {typeof cell === "number" ? format(cell, i + 1) : (cell ?? "–")}
                </Td>
              ))}
            </Tr>
          ))}
        </tbody>
      </Table>
    </div>
  );
}
