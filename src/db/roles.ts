import postgres from "postgres";

/** The application role's name is fixed, because migrations grant to it. */
const APP = "connected_apps_app";

/** The addresses do not fit together; the message says how they should. */
export class RolesError extends Error {}

interface Login {
  readonly role: string;
  readonly password: string;
  readonly database: string;
}

function loginOf(name: string, url: string): Login {
  const { username, password, pathname } = new URL(url);
  const found = {
    role: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
  };
  for (const [what, value] of Object.entries(found)) if (!value) throw new RolesError(`${name} names no ${what}.`);
  return found;
}

/**
 * Makes the owner, the application role and the database, and gives the roles the passwords of the addresses. What
 * exists stays; a second time changes nothing but passwords.
 * @param adminUrl a superuser's, or one's who may make roles and databases
 * @returns what was made
 */
export async function makeRolesAndDatabase(adminUrl: string, ownerUrl: string, appUrl: string): Promise<string[]> {
  const [owner, app] = [loginOf("DATABASE_OWNER_URL", ownerUrl), loginOf("DATABASE_URL", appUrl)];
  if (app.role !== APP) throw new RolesError(`DATABASE_URL must name the role ${APP}, and it names ${app.role}.`);
  if (owner.role === app.role)
    throw new RolesError("Owner and application must be two roles: the one may not do what the other does.");
  if (owner.database !== app.database) throw new RolesError("DATABASE_OWNER_URL and DATABASE_URL name two databases.");
  const sql = postgres(adminUrl, { max: 1, connect_timeout: 5, onnotice: () => {} });
  const made: string[] = [];
  try {
    for (const { role, password } of [owner, app]) {
      const [there] = await sql`select from pg_roles where rolname = ${role}`;
      // Statements about roles take no parameters; Postgres itself quotes what goes in.
      const [statement] =
        await sql`select format(${`${there ? "ALTER" : "CREATE"} ROLE %I LOGIN PASSWORD %L`}, ${role}::text, ${password}::text) as text`;
      await sql.unsafe(statement?.text);
      if (!there) made.push(`role ${role}`);
    }
    const [there] = await sql`select from pg_database where datname = ${owner.database}`;
    if (!there) {
      await sql`create database ${sql(owner.database)} owner ${sql(owner.role)}`;
      made.push(`database ${owner.database}`);
    }
    await sql`grant connect on database ${sql(owner.database)} to ${sql(app.role)}`;
    return made;
  } finally {
    await sql.end({ timeout: 5 });
  }
}
