import type { MeshPoint } from "./measure";

declare const MESH_URL: string;

/** What we use of MediaPipe's FaceMesh, which puts itself into `window`. */
interface FaceMesh {
  setOptions(options: Record<string, unknown>): void;
  onResults(listener: (results: { multiFaceLandmarks?: MeshPoint[][] }) => void): void;
  initialize(): Promise<void>;
  send(input: { image: HTMLVideoElement | HTMLCanvasElement }): Promise<void>;
  reset(): void;
}
type FaceMeshMaker = new (config: { locateFile: (file: string) => string }) => FaceMesh;

/** Finds faces in pictures, on this device: the models and the code come from our origin, and no picture goes anywhere. */
export interface Finder {
  /** The meshes of the faces in a picture, at most two. `still` forgets what the picture before it showed. */
  find(image: HTMLVideoElement | HTMLCanvasElement, still?: boolean): Promise<readonly MeshPoint[][]>;
}

let loading: Promise<Finder> | undefined;

async function load(): Promise<Finder> {
  await new Promise<void>((resolve, reject) => {
    const script = document.createElement("script");
    script.src = `${MESH_URL}/face_mesh.js`;
    script.onload = () => resolve();
    script.onerror = () => reject(new Error("The model did not load"));
    document.head.append(script);
  });
  const { FaceMesh: Maker } = window as unknown as { FaceMesh: FaceMeshMaker };
  const mesh = new Maker({ locateFile: (file) => `${MESH_URL}/${file}` });
  // Two faces, so that a second person in the picture is noticed and not measured.
  mesh.setOptions({ maxNumFaces: 2, refineLandmarks: true });
  let faces: readonly MeshPoint[][] = [];
  mesh.onResults((results) => {
    faces = results.multiFaceLandmarks ?? [];
  });
  await mesh.initialize();
  return {
    find: async (image, still = false) => {
      if (still) mesh.reset();
      faces = [];
      await mesh.send({ image });
      return faces;
    },
  };
}

/** The finder, loaded on first use; a failed load may be tried again. */
export function faceFinder(): Promise<Finder> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

/** Whether this browser can run it at all. */
export const canMeasure = (): boolean => document.createElement("canvas").getContext("webgl2") !== null;
