import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { prepareDataDir, readJson, wipeDataDir, writeJson } from "./files";
import { closedDoor } from "./postgres-files";
import { loadSecrets, rememberDemoSecretKey } from "./secrets";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "files-"));
  chmodSync(folder, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("secrets", () => {
  it("are made once, differ, and are readable by their owner only", () => {
    const first = loadSecrets(folder);
    expect(new Set(Object.values(first)).size).toBe(Object.keys(first).length);
    expect(first.authSecret.length).toBeGreaterThanOrEqual(32);
    expect(loadSecrets(folder)).toEqual(first);
    expect(statSync(join(folder, "secrets.json")).mode & 0o777).toBe(0o600);
  });

  it("keep the demo key beside them", () => {
    const { authSecret } = loadSecrets(folder);
    rememberDemoSecretKey(folder, "ca_sk_live_example");
    expect(loadSecrets(folder)).toMatchObject({ authSecret, demoSecretKey: "ca_sk_live_example" });
  });
});

describe("the data folder", () => {
  it("can be passed through by another user, whatever it was before", () => {
    const dataDir = join(folder, "data");
    mkdirSync(dataDir, { mode: 0o700 });
    prepareDataDir(dataDir);
    expect(statSync(dataDir).mode & 0o777).toBe(0o711);
  });

  it("loses only what is ours when it is wiped", () => {
    prepareDataDir(folder);
    loadSecrets(folder);
    writeFileSync(join(folder, "thesis.txt"), "ten years of work");
    wipeDataDir(folder);
    expect(readFileSync(join(folder, "thesis.txt"), "utf8")).toBe("ten years of work");
    expect(existsSync(join(folder, "secrets.json"))).toBe(false);
    const own = join(folder, "own");
    prepareDataDir(own);
    wipeDataDir(own);
    expect(existsSync(own)).toBe(false);
  });

  it("takes a broken JSON file for an empty one", () => {
    const file = join(folder, "ports.json");
    expect(readJson(file)).toEqual({});
    writeFileSync(file, '{"redis": 1');
    expect(readJson(file)).toEqual({});
    writeJson(file, { redis: 1 });
    expect(readJson(file)).toEqual({ redis: 1 });
  });
});

describe("a door that is closed to another user", () => {
  it("is found on the way, and is none for its owner", () => {
    const door = join(folder, "private");
    const inside = join(door, "inside");
    mkdirSync(inside, { recursive: true });
    chmodSync(door, 0o700);
    const { uid, gid } = statSync(door);
    expect(closedDoor(inside, { name: "other", uid: uid + 1, gid: gid + 1 })).toBe(door);
    expect(closedDoor(inside, { name: "owner", uid, gid })).toBeUndefined();
    chmodSync(door, 0o710);
    expect(closedDoor(inside, { name: "member", uid: uid + 1, gid })).toBeUndefined();
    chmodSync(door, 0o711);
    expect(closedDoor(inside, { name: "other", uid: uid + 1, gid: gid + 1 })).toBeUndefined();
  });
});
