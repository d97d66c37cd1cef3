/** The largest picture we keep, in bytes. */
export const LARGEST_IMAGE = 3 * 1024 * 1024;

const ascii = (bytes: Uint8Array, from: number, to: number): string =>
  String.fromCharCode(...bytes.subarray(from, Math.min(to, bytes.length)));

/**
 * What a picture is by its first bytes, whatever it was called or sent as. Only what a browser draws and cannot run: no SVG,
 * no HTML.
 */
export function imageType(bytes: Uint8Array): string | null {
  if (bytes.length < 32) return null;
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return "image/jpeg";
  if (ascii(bytes, 0, 8) === "\x89PNG\r\n\x1a\n") return "image/png";
  if (/^GIF8[79]a$/.test(ascii(bytes, 0, 6))) return "image/gif";
  if (ascii(bytes, 0, 4) === "RIFF" && ascii(bytes, 8, 12) === "WEBP") return "image/webp";
  // A brand of AVIF among those that the file says it is.
  if (ascii(bytes, 4, 8) === "ftyp" && /avi[fs]/.test(ascii(bytes, 8, 32))) return "image/avif";
  return null;
}

/** Pauses before a picture is asked for again, ms; after the last of them it is given up. */
const PAUSES = [60_000, 600_000, 3_600_000] as const;
export const pauseBefore = (tries: number): number | null => PAUSES[tries - 1] ?? null;
