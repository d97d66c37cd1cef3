import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { imageSize } from "./picture";

const bytes = (...parts: (string | readonly number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === "string" ? [...part].map((c) => c.charCodeAt(0)) : part)));

it("reads the size of a photo from its first bytes", () => {
  const face = readFileSync(join(import.meta.dirname, "../../../../e2e/fixtures/face.jpg"));
  expect(imageSize(face)).toEqual({ width: 640, height: 480 });
  const png = bytes([0x89], "PNG", [13, 10, 26, 10, 0, 0, 0, 13], "IHDR", [0, 0, 32, 0, 0, 0, 24, 0]);
  expect(imageSize(png)).toEqual({ width: 8192, height: 6144 });
  const extended = bytes("RIFF", [0, 0, 0, 0], "WEBPVP8X", [10, 0, 0, 0, 0, 0, 0, 0], [0xff, 0x1f, 0, 0xff, 0x17, 0]);
  expect(imageSize(extended)).toEqual({ width: 8192, height: 6144 });
  const lossy = bytes("RIFF", [0, 0, 0, 0], "WEBPVP8 ", [0, 0, 0, 0, 0, 0, 0, 0x9d, 1, 0x2a, 0x80, 2, 0xe0, 1]);
  expect(imageSize(lossy)).toEqual({ width: 640, height: 480 });
});

it("says nothing of what is no photo, and never fails or hangs on it", () => {
  expect(imageSize(bytes("GIF89a, and so on, and so on, and on"))).toBeNull();
  expect(imageSize(new Uint8Array())).toBeNull();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (noise, jpeg) => {
      const size = imageSize(jpeg ? Uint8Array.from([0xff, 0xd8, ...noise]) : noise);
      if (size) expect(Number.isInteger(size.width)).toBe(true);
    }),
  );
});
