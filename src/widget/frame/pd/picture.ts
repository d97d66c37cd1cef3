/** The longest side a photo is measured at: an iris then has pixels enough, and a phone memory enough. */
const LONGEST_SIDE = 1_600;
/** A picture takes four bytes a pixel once it is open; more than this, and phones give up. */
export const MOST_MEGAPIXELS = 40;

/** Why a file is not a photo we can measure. */
export type PictureFault = "type" | "large" | "broken";

/**
 * The size of a JPEG, PNG or WebP as its first bytes tell, before anything is decoded; null where they do not.
 * @param bytes the file's beginning
 */
export function imageSize(bytes: Uint8Array): { width: number; height: number } | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (at: number, length: number): string => String.fromCharCode(...bytes.subarray(at, at + length));
  if (bytes.length >= 24 && text(1, 3) === "PNG") return { width: view.getUint32(16), height: view.getUint32(20) };
  if (bytes.length >= 30 && text(0, 4) === "RIFF" && text(8, 4) === "WEBP") {
    if (text(12, 4) === "VP8X") {
      const size = (at: number) => 1 + view.getUint16(at, true) + (view.getUint8(at + 2) << 16);
      return { width: size(24), height: size(27) };
    }
    if (text(12, 4) === "VP8 ")
      return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
    const packed = view.getUint32(21, true);
    return { width: 1 + (packed & 0x3fff), height: 1 + ((packed >> 14) & 0x3fff) };
  }
  if (bytes.length < 4 || view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; at + 9 <= bytes.length; ) {
    if (bytes[at] !== 0xff) return null;
    const marker = bytes[at + 1] ?? 0;
    const frame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (frame) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2);
  }
  return null;
}

/** Opens a photo, turned as its camera says and made small enough to measure. */
export async function openPicture(file: File): Promise<HTMLCanvasElement | PictureFault> {
  if (!/^image\/(?:jpeg|png|webp|heic|heif|avif)$/.test(file.type)) return "type";
  const head = new Uint8Array(await file.slice(0, 512 * 1024).arrayBuffer());
  const size = imageSize(head);
  if (size && size.width * size.height > MOST_MEGAPIXELS * 1e6) return "large";
  try {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(bitmap.width * scale);
    canvas.height = Math.round(bitmap.height * scale);
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    return canvas;
  } catch {
    return size ? "broken" : "type";
  }
}

/** What a video shows now, as a still picture. */
export function stillOf(video: HTMLVideoElement): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  return canvas;
}
