import Image from "next/image";
import type { Product } from "../contract";

const WAITING: Readonly<Record<Product["image_state"], string>> = {
  none: "No picture",
  waiting: "Picture on its way",
  ready: "",
  failed: "Picture could not be fetched",
};

/** A frame's picture where only that is known of it. */
export const FramePicture = ({ image }: { image: string | null }) => (
  <ProductPicture product={{ image, image_state: image ? "ready" : "none" }} />
);

/** A product's picture, or a pair of glasses in outline where there is none yet. The name beside it says what it is. */
export function ProductPicture({ product }: { product: Pick<Product, "image" | "image_state"> }) {
  return (
    <span
      className="grid h-11 w-16 shrink-0 place-items-center overflow-hidden rounded-control bg-white text-[oklch(0.51_0.016_235)]"
      title={WAITING[product.image_state] || undefined}
    >
      {product.image ? (
        <Image src={product.image} alt="" width={64} height={44} unoptimized className="size-full object-contain" />
      ) : (
        <svg viewBox="0 0 48 24" width={40} height={20} fill="none" stroke="currentColor" aria-hidden="true">
          <circle cx="14" cy="13" r="7" strokeDasharray="2 2" />
          <circle cx="34" cy="13" r="7" strokeDasharray="2 2" />
          <path d="M21 11q3-2 6 0M7 12 3 9M41 12l4-3" />
        </svg>
      )}
    </span>
  );
}
