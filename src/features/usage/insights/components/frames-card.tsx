"use client";

import { ChartCard } from "@/components/chart/chart-card";
import { formatCount } from "@/components/format";
import { FramePicture } from "@/features/products/components/product-picture";
import type { InsightFigures } from "../contract";

/** The frames that did most, with their pictures. */
export function FramesCard({ data, className }: { data: InsightFigures; className?: string }) {
  const { frames, framesInAll } = data;
  return (
    <ChartCard
      className={className}
      title="Top frames"
      hint={
        <>
          In how many sessions an app showed a frame, a shopper chose it, and your shop said that it went into the
          basket; those most often in a basket first. Names and pictures are those of your products.
        </>
      }
      file={`top-frames-${data.from}-${data.to}`}
      drawn={false}
      figures={{
        columns: ["Frame", "Name", "Shown", "Chosen", "Baskets"],
        rows: frames.map(({ sku, name, seen, chosen, carted }) => ({
          key: sku,
          cells: [sku, name, seen, chosen, carted],
        })),
        format: formatCount,
      }}
    >
      {frames.length === 0 ? (
        <p className="text-13 text-ink-2">No frame was shown, chosen or put into a basket on these days.</p>
      ) : (
        <>
          <ol className="grid gap-x-8 md:grid-cols-2">
            {frames.map(({ sku, name, image, seen, chosen, carted }) => (
              <li key={sku} className="flex items-center gap-3 border-b border-line py-2">
                <FramePicture image={image} />
                <span className="min-w-0 flex-1">
                  <span className="block truncate text-14 font-medium" title={name ?? sku}>
                    {name ?? sku}
                  </span>
                  <span className="figures block truncate text-12 text-ink-3">
                    {name === null ? "not among your products" : sku}
                  </span>
                </span>
                <span className="figures text-right text-13">
                  <span className="block font-semibold whitespace-nowrap">
                    {formatCount(carted)} {carted === 1 ? "basket" : "baskets"}
                  </span>
                  <span className="block text-12 whitespace-nowrap text-ink-3">
                    chosen {formatCount(chosen)} · shown {formatCount(seen)}
                  </span>
                </span>
              </li>
            ))}
          </ol>
          {framesInAll > frames.length && (
            <p className="mt-3 text-12 text-ink-3">
              The first {frames.length} of {formatCount(framesInAll)} frames.
            </p>
          )}
        </>
      )}
    </ChartCard>
  );
}
