import { execFile } from "node:child_process";
import { chownSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import postgres from "postgres";
import { messageOf, StackError } from "./errors";
import { type Log, Part } from "./part";
import { locatePostgres, makeClusterFolder, type PostgresFiles } from "./postgres-files";
import { birthOf, commandOf, signal, waitForEnd } from "./processes";
import type { Secrets } from "./secrets";

const ADMIN = "postgres";
const OWNER = "connected_apps_owner";
const APP = "connected_apps_app";
const DATABASE = "connected_apps";

export interface LocalPostgres {
  readonly part: Part;
  /** As the superuser, for tests that need to break things. */
  readonly adminUrl: string;
  readonly ownerUrl: string;
  readonly appUrl: string;
}

const urlOf = (user: string, password: string, port: number, database: string): string =>
  `postgresql://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;

/** Only what the binaries need: no secrets of the surrounding shell, and messages in English. */
const BARE_ENV = { PATH: process.env.PATH ?? "", LC_ALL: "C", LC_MESSAGES: "C", TZ: "UTC" };

async function initialise(files: PostgresFiles, password: string): Promise<void> {
  makeClusterFolder(files);
  if (existsSync(join(files.dataDir, "PG_VERSION"))) return;
  if (readdirSync(files.dataDir).length > 0) {
    // Without PG_VERSION there is no cluster: what lies here is an initdb that was killed half-way.
    rmSync(files.dataDir, { recursive: true, force: true });
    makeClusterFolder(files);
  }
  const passwordFile = `${files.dataDir}.password`;
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (files.runAs) chownSync(passwordFile, files.runAs.uid, files.runAs.gid);
  try {
    await promisify(execFile)(
      files.initdb,
      [
        `--pgdata=${files.dataDir}`,
        `--username=${ADMIN}`,
        `--pwfile=${passwordFile}`,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        // The same order of text on every machine.
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-sync",
        "--no-instructions",
      ],
      {
        env: { NODE_ENV: process.env.NODE_ENV, ...BARE_ENV },
        cwd: "/",
        ...(files.runAs && { uid: files.runAs.uid, gid: files.runAs.gid }),
      },
    );
  } catch (error) {
    throw new StackError(`Postgres could not prepare ${files.dataDir}: ${messageOf(error)}`);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/**
 * A postmaster that survived its parent holds the data folder, and its file names a pid. Stops it where it is one of
 * this folder; where the pid now belongs to something else, removes the file, for Postgres would refuse to start.
 */
async function clearPostmaster(dataDir: string): Promise<void> {
  const file = join(dataDir, "postmaster.pid");
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, "utf8").split("\n")[0]);
  const birth = Number.isInteger(pid) && pid > 0 ? birthOf(pid) : undefined;
  if (birth === undefined) return;
  if (!commandOf(pid).includes(dataDir)) {
    rmSync(file, { force: true });
    return;
  }
  signal(pid, "SIGINT");
  if (!(await waitForEnd({ pid, birth }, 10_000))) signal(pid, "SIGKILL");
  await waitForEnd({ pid, birth }, 2_000);
}

async function answers(adminUrl: string): Promise<boolean> {
  const sql = postgres(adminUrl, { max: 1, connect_timeout: 2, onnotice: () => {} });
  try {
    await sql`select 1`;
    return true;
  } catch (error) {
    if (messageOf(error).includes("password authentication failed")) throw error;
    return false;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Makes the two roles and the database, and sets their passwords; whatever exists stays. */
async function prepareDatabase(adminUrl: string, secrets: Secrets): Promise<void> {
  const sql = postgres(adminUrl, { max: 1, onnotice: () => {} });
  try {
    for (const [role, password] of [
      [OWNER, secrets.postgresOwner],
      [APP, secrets.postgresApp],
    ] as const) {
      const [known] = await sql`select 1 from pg_roles where rolname = ${role}`;
      // Role statements take no parameters. The names are constants, the passwords base64url: nothing to quote.
      await sql.unsafe(`${known ? "alter" : "create"} role ${role} login password '${password}'`);
    }
    const [known] = await sql`select 1 from pg_database where datname = ${DATABASE}`;
    if (!known) await sql.unsafe(`create database ${DATABASE} owner ${OWNER}`);
    await sql.unsafe(`revoke all on database ${DATABASE} from public`);
    await sql.unsafe(`grant connect on database ${DATABASE} to ${APP}`);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/**
 * Brings up Postgres on this machine, with the product's two roles and its database.
 * @param options.durable false skips fsync: for throw-away data; the kill of a process still loses nothing
 * @throws StackError with a sentence where this machine cannot run it
 */
export async function startPostgres(options: {
  dataDir: string;
  port: number;
  secrets: Secrets;
  log: Log;
  keepAlive: boolean;
  onPart: (part: Part) => void;
  durable: boolean;
}): Promise<LocalPostgres> {
  const { dataDir, port, secrets, log, keepAlive, onPart, durable } = options;
  const files = locatePostgres(dataDir);
  if (files.note) log("postgres", files.note);
  await initialise(files, secrets.postgresAdmin);
  const adminUrl = urlOf(ADMIN, secrets.postgresAdmin, port, "postgres");
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: "100",
    password_encryption: "scram-sha-256",
    ...(!durable && { fsync: "off", full_page_writes: "off" }),
  };
  const part = new Part(
    dataDir,
    {
      name: "postgres",
      command: files.postgres,
      args: [
        "-D",
        files.dataDir,
        "-p",
        String(port),
        ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
      ],
      env: BARE_ENV,
      inheritEnv: false,
      cwd: "/",
      ...(files.runAs && { uid: files.runAs.uid, gid: files.runAs.gid }),
      // "Fast" shutdown: ends the sessions, writes a checkpoint.
      stopSignal: "SIGINT",
      graceMs: 15_000,
      readyWithinMs: 60_000,
      beforeStart: () => clearPostmaster(files.dataDir),
      isReady: () => answers(adminUrl),
      isQuiet: (line) =>
        !/ (WARNING|ERROR|FATAL|PANIC):/.test(line) ||
        /the database system is (starting up|shutting down|not yet)/.test(line),
    },
    log,
    keepAlive,
  );
  onPart(part);
  await startPatiently(part);
  try {
    await prepareDatabase(adminUrl, secrets);
  } catch (error) {
    await part.stop();
    throw error;
  }
  return {
    part,
    adminUrl,
    ownerUrl: urlOf(OWNER, secrets.postgresOwner, port, DATABASE),
    appUrl: urlOf(APP, secrets.postgresApp, port, DATABASE),
  };
}

/** The sessions of a postmaster that was killed take a moment to notice; until then a new one refuses to start. */
async function startPatiently(part: Part): Promise<void> {
  const deadline = Date.now() + 15_000;
  for (;;) {
    try {
      return await part.start();
    } catch (error) {
      const lingering = /pre-existing shared memory block|is another postmaster/i.test(messageOf(error));
      if (!lingering || Date.now() > deadline) throw error;
    }
  }
}
