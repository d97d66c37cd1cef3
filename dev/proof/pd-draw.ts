import { type Face, generator, normal, PHOTO } from "./pd-plan";

// Runs in the browser, on the page around the calculator's frame: draws a face of known PD as a shopper's photo.

type Ink = CanvasRenderingContext2D;
interface Spot {
  readonly x: number;
  readonly y: number;
}
type Skin = readonly [number, number, number];
const css = ([r, g, b]: Skin, alpha = 1): string => `rgb(${r} ${g} ${b} / ${alpha})`;
const shade = ([r, g, b]: Skin, by: number): Skin => [r * by, g * by, b * by];

/** Large enough for any photo the calculator measures: it makes larger ones this large itself. */
const LONGEST = 1_600;

function canvasOf(width: number, height: number): [HTMLCanvasElement, Ink] {
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width);
  canvas.height = Math.round(height);
  const ink = canvas.getContext("2d", { willReadFrequently: true });
  if (!ink) throw new Error("No canvas");
  ink.imageSmoothingQuality = "high";
  return [canvas, ink];
}

let photo: Promise<ImageBitmap> | undefined;
const thePhoto = (): Promise<ImageBitmap> => {
  photo ??= fetch("/face.jpg").then(async (answer) => createImageBitmap(await answer.blob()));
  return photo;
};

/** The photo with its bridge wider by so many pixels; everything beside the bridge is moved, not stretched. */
function widened(image: ImageBitmap, by: number): HTMLCanvasElement {
  const [from, to] = PHOTO.bridge;
  const [width, height] = PHOTO.size;
  const [canvas, ink] = canvasOf(width + by, height);
  // A column at a time would leave seams: the middle goes below, a pixel too wide on both sides.
  ink.drawImage(image, from - 1, 0, to - from + 2, height, from - 1, 0, to - from + by + 2, height);
  ink.drawImage(image, 0, 0, from, height, 0, 0, from, height);
  ink.drawImage(image, to, 0, width - to, height, to + by, 0, width - to, height);
  return canvas;
}

/** One eye about the origin, with its inner corner to the right. `d` is the iris's diameter. */
function eye(ink: Ink, d: number, { iris, rim, open, pupil }: Face["look"], skin: Skin): void {
  const [up, down] = [0.46 * d * open, 0.47 * d * (0.5 + open / 2)];
  const upper = new Path2D();
  upper.moveTo(-1.25 * d, 0.06 * d);
  upper.bezierCurveTo(-0.6 * d, -1.33 * up, 0.5 * d, -1.33 * up, 1.2 * d, 0.14 * d);
  const opening = new Path2D(upper);
  opening.bezierCurveTo(0.5 * d, 1.33 * down, -0.5 * d, 1.33 * down, -1.25 * d, 0.06 * d);

  ink.save();
  ink.clip(opening);
  const white = ink.createRadialGradient(0, 0, 0.4 * d, 0, 0, 1.3 * d);
  white.addColorStop(0, "#efe9e5");
  white.addColorStop(1, "#b39f97");
  ink.fillStyle = white;
  ink.fillRect(-2 * d, -d, 4 * d, 2 * d);
  const disc = ink.createRadialGradient(0, 0, 0.1 * d, 0, 0, 0.5 * d);
  disc.addColorStop(0, iris);
  disc.addColorStop(0.75, iris);
  disc.addColorStop(1, rim);
  ink.fillStyle = disc;
  ink.beginPath();
  ink.arc(0, 0, d / 2, 0, 2 * Math.PI);
  ink.fill();
  ink.fillStyle = "#0b0705";
  ink.beginPath();
  ink.arc(0, 0, (pupil * d) / 2, 0, 2 * Math.PI);
  ink.fill();
  ink.fillStyle = "rgb(255 255 255 / 0.75)";
  ink.beginPath();
  ink.arc(0.12 * d, -0.14 * d, 0.07 * d, 0, 2 * Math.PI);
  ink.fill();
  // The lid's shadow on the ball.
  const shadow = ink.createLinearGradient(0, -up, 0, -0.1 * d);
  shadow.addColorStop(0, "rgb(20 8 4 / 0.55)");
  shadow.addColorStop(1, "rgb(20 8 4 / 0)");
  ink.fillStyle = shadow;
  ink.fillRect(-2 * d, -d, 4 * d, d);
  ink.restore();

  ink.lineCap = "round";
  ink.strokeStyle = css(shade(skin, 0.6), 0.8);
  ink.lineWidth = 0.04 * d;
  ink.stroke(opening);
  ink.strokeStyle = "#24150d";
  ink.lineWidth = 0.1 * d;
  ink.stroke(upper);
  ink.strokeStyle = css(shade(skin, 0.62), 0.7);
  ink.lineWidth = 0.07 * d;
  ink.save();
  ink.translate(0, -0.28 * d);
  ink.stroke(upper);
  ink.restore();
}

/** Both eyes, so that their pupils are exactly as far apart as the face says, about `middle`, along `lean` (radians). */
function eyes(ink: Ink, face: Face, middle: Spot, lean: number, skins: readonly [Skin, Skin]): void {
  const apart = face.ratio * face.irisPx;
  ink.save();
  ink.translate(middle.x, middle.y);
  ink.rotate(lean);
  for (const [index, side] of ([-1, 1] as const).entries()) {
    ink.save();
    ink.translate((side * apart) / 2, 0);
    ink.scale(-side, 1);
    eye(ink, face.irisPx, face.look, skins[index as 0 | 1]);
    ink.restore();
  }
  ink.restore();
}

/** A soft-edged patch of skin over what is there. */
function cover(ink: Ink, at: Spot, [rx, ry]: readonly [number, number], skin: Skin): void {
  ink.save();
  ink.translate(at.x, at.y);
  ink.scale(rx, ry);
  const patch = ink.createRadialGradient(0, 0, 0, 0, 0, 1);
  patch.addColorStop(0, css(skin));
  patch.addColorStop(0.7, css(skin));
  patch.addColorStop(1, css(skin, 0));
  ink.fillStyle = patch;
  ink.fillRect(-1, -1, 2, 2);
  ink.restore();
}

function skinAt(canvas: HTMLCanvasElement, { x, y }: Spot): Skin {
  const ink = canvas.getContext("2d");
  const { data } = ink?.getImageData(Math.round(x) - 3, Math.round(y) - 2, 7, 5) ?? { data: [] };
  const sum = [0, 0, 0] as [number, number, number];
  for (let at = 0; at < data.length; at += 4) for (const c of [0, 1, 2] as const) sum[c] += data[at + c] ?? 0;
  return sum.map((value) => (value * 4) / data.length) as unknown as Skin;
}

const [RIGHT, LEFT] = PHOTO.pupils;
const LEAN = Math.atan2(LEFT.y - RIGHT.y, LEFT.x - RIGHT.x);

/** The photo, its bridge made as wide as the PD asks, with its own eyes or with painted ones over them. */
async function onPhoto(ink: Ink, face: Face): Promise<void> {
  const apart = face.ratio * face.irisPx;
  const by = apart * Math.cos(LEAN) - (LEFT.x - RIGHT.x);
  const base = widened(await thePhoto(), by);
  ink.drawImage(base, -by / 2, 0, base.width, base.height);
  if (face.family === "photo") return;
  const middle = { x: (RIGHT.x + LEFT.x) / 2, y: (RIGHT.y + LEFT.y) / 2 };
  const at = ([-1, 1] as const).map((side) => ({
    x: middle.x + (side * (LEFT.x - RIGHT.x + by)) / 2,
    y: middle.y + (side * (LEFT.y - RIGHT.y)) / 2,
  })) as [Spot, Spot];
  const skins = at.map(({ x, y }) => skinAt(base, { x: x + by / 2, y: y + 15 })) as [Skin, Skin];
  for (const index of [0, 1] as const) cover(ink, at[index], [25, 13], skins[index]);
  eyes(ink, face, middle, LEAN, skins);
}

/** A face of nothing but shapes. */
function drawn(ink: Ink, face: Face): void {
  const skin: Skin = shade([236, 192, 164], face.look.skin);
  const { x, y } = { x: PHOTO.centre.x, y: 192 };
  const blob = (fill: string | CanvasGradient, cx: number, cy: number, rx: number, ry: number): void => {
    ink.fillStyle = fill;
    ink.beginPath();
    ink.ellipse(cx, cy, rx, ry, 0, 0, 2 * Math.PI);
    ink.fill();
  };
  blob(face.look.hair, x, y - 30, 108, 118);
  ink.fillStyle = css(shade(skin, 0.75));
  ink.fillRect(x - 40, y + 80, 80, 120);
  blob("#35506b", x, y + 285, 190, 120);
  blob(css(shade(skin, 0.85)), x - 84, y + 12, 12, 24);
  blob(css(shade(skin, 0.85)), x + 84, y + 12, 12, 24);
  const round = ink.createRadialGradient(x - 8, y - 5, 20, x, y + 15, 125);
  round.addColorStop(0, css(shade(skin, 1.05)));
  round.addColorStop(0.6, css(skin));
  round.addColorStop(1, css(shade(skin, 0.6)));
  ink.fillStyle = round;
  ink.beginPath();
  ink.moveTo(x, y - 92);
  ink.bezierCurveTo(x + 70, y - 92, x + 90, y - 30, x + 84, y + 20);
  ink.bezierCurveTo(x + 78, y + 85, x + 40, y + 128, x, y + 130);
  ink.bezierCurveTo(x - 40, y + 128, x - 78, y + 85, x - 84, y + 20);
  ink.bezierCurveTo(x - 90, y - 30, x - 70, y - 92, x, y - 92);
  ink.fill();
  const apart = face.ratio * face.irisPx;
  ink.save();
  ink.filter = `blur(${(2.5 * face.shot.facePx) / PHOTO.facePx}px)`;
  const dim = (cx: number, cy: number, rx: number, ry: number, by: number): void =>
    blob(css(shade(skin, by), 0.75), cx, cy, rx, ry);
  for (const side of [-1, 1]) {
    dim(x + (side * apart) / 2, y - 3, 25, 13, 0.78);
    dim(x + side * 9, y + 8, 4, 26, 0.82);
    dim(x + side * 13, y + 44, 7, 5, 0.72);
  }
  dim(x, y + 52, 15, 5, 0.6);
  dim(x, y + 96, 20, 4, 0.75);
  blob(css(shade(skin, 1.16), 0.7), x, y + 38, 6, 9);
  blob(css(shade(skin, 1.12), 0.6), x, y, 4, 26);
  ink.restore();
  for (const side of [-1, 1]) {
    blob("rgb(40 18 12 / 0.75)", x + side * 7, y + 48, 4, 2);
    ink.strokeStyle = face.look.hair;
    ink.lineCap = "round";
    ink.lineWidth = 5;
    ink.beginPath();
    ink.moveTo(x + side * (apart / 2 - 22), y - 19);
    ink.quadraticCurveTo(x + side * (apart / 2), y - 29, x + side * (apart / 2 + 23), y - 18);
    ink.stroke();
  }
  ink.fillStyle = css([skin[0] * 0.72, skin[1] * 0.5, skin[2] * 0.5]);
  ink.beginPath();
  ink.moveTo(x - 30, y + 78);
  ink.bezierCurveTo(x - 12, y + 68, x - 4, y + 71, x, y + 72);
  ink.bezierCurveTo(x + 4, y + 71, x + 12, y + 68, x + 30, y + 78);
  ink.bezierCurveTo(x + 14, y + 92, x - 14, y + 92, x - 30, y + 78);
  ink.fill();
  ink.strokeStyle = "rgb(60 20 16 / 0.8)";
  ink.lineWidth = 1.5;
  ink.beginPath();
  ink.moveTo(x - 30, y + 78);
  ink.quadraticCurveTo(x, y + 80, x + 30, y + 78);
  ink.stroke();
  eyes(ink, face, { x, y }, 0, [skin, skin]);
}

/** As seen by a camera that is nearer to one side: that side is taller and wider. The middle keeps its place. */
function keystoned(from: HTMLCanvasElement, by: number, facePx: number): HTMLCanvasElement {
  const [canvas, ink] = canvasOf(from.width, from.height);
  const [width, height] = [from.width, from.height];
  const slope = by / facePx;
  const middle = width / 2;
  // What stands at x in the new picture stood at this place in the old one; its size there is 1 + slope × distance.
  const source = (x: number): number => middle + (x - middle) / (1 + slope * (x - middle));
  for (let x = 0; x < width; x++) {
    const [a, b] = [source(x), source(x + 1)];
    const size = 1 / (1 - slope * (a - middle));
    ink.drawImage(from, a, 0, b - a, height, x, (height - height * size) / 2, 1, height * size);
  }
  return canvas;
}

/** A photo of this face, as bytes of a JPEG in base64. */
export async function takePhoto(face: Face): Promise<string> {
  const { shot } = face;
  const scale = shot.facePx / PHOTO.facePx;
  const [width, height] = PHOTO.size.map((side) => Math.min(LONGEST, side * scale)) as [number, number];
  let [canvas, ink] = canvasOf(width, height);
  ink.fillStyle = "#c4bcb8";
  ink.fillRect(0, 0, width, height);
  ink.translate(width / 2, height / 2);
  ink.rotate((shot.roll * Math.PI) / 180);
  ink.scale(shot.mirror ? -scale : scale, scale);
  // A face that fills the picture stands in its middle; else the photo stands as it was taken.
  const centre = height < PHOTO.size[1] * scale || width < PHOTO.size[0] * scale ? PHOTO.centre.y : PHOTO.size[1] / 2;
  ink.translate(-PHOTO.centre.x, -centre);
  if (face.family === "drawn") drawn(ink, face);
  else await onPhoto(ink, face);
  if (shot.keystone) canvas = keystoned(canvas, shot.keystone, shot.facePx);
  const [out, last] = canvasOf(canvas.width, canvas.height);
  last.filter = `blur(${(shot.blur * shot.facePx) / 200}px) contrast(${shot.contrast}) brightness(${shot.brightness})`;
  last.drawImage(canvas, 0, 0);
  last.filter = "none";
  const pixels = last.getImageData(0, 0, out.width, out.height);
  const random = generator(face.seed);
  for (let at = 0; at < pixels.data.length; at += 4) {
    const off = shot.noise * normal(random);
    for (const c of [0, 1, 2]) pixels.data[at + c] = (pixels.data[at + c] ?? 0) + off;
  }
  last.putImageData(pixels, 0, 0);
  return out.toDataURL("image/jpeg", shot.jpeg).split(",")[1] ?? "";
}

Object.assign(window, { takePhoto });
