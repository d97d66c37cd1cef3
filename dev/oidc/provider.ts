import { createHash, createSign, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the provider says of whoever signs in next. */
export interface Claims {
  readonly sub: string;
  readonly email: string;
  readonly email_verified: boolean;
  readonly name?: string;
  readonly hd?: string;
}

interface Grant {
  readonly claims: Claims;
  readonly challenge: string;
  readonly redirectUri: string;
  readonly nonce: string | null;
}

/** Ways to answer that an honest provider never would, for tests of the client. */
export type Lie = "audience" | "issuer" | "nonce" | "expired";

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/**
 * An OpenID Connect provider in Google's place: discovery, the code flow with PKCE, ID tokens signed with RS256. It asks
 * nobody anything: whoever comes is who `next` says.
 */
export class OidcProvider {
  next: Claims = { sub: "1", email: "ada@gmail.com", email_verified: true, name: "Ada" };
  lie: Lie | undefined;
  readonly #grants = new Map<string, Grant>();
  readonly #server: Server;
  readonly #key: KeyObject;
  readonly #jwk: Record<string, unknown>;

  constructor(
    readonly clientId: string,
    readonly clientSecret: string,
  ) {
    const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
    this.#key = pair.privateKey;
    this.#jwk = { ...pair.publicKey.export({ format: "jwk" }), kid: "one", use: "sig", alg: "RS256" };
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  async listen(): Promise<void> {
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.issuer);
    const json = (body: unknown, status = 200) =>
      void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    switch (url.pathname) {
      case "/.well-known/openid-configuration":
        return json({
          issuer: this.issuer,
          authorization_endpoint: `${this.issuer}/authorize`,
          token_endpoint: `${this.issuer}/token`,
          jwks_uri: `${this.issuer}/jwks`,
          userinfo_endpoint: `${this.issuer}/userinfo`,
          response_types_supported: ["code"],
          subject_types_supported: ["public"],
          id_token_signing_alg_values_supported: ["RS256"],
          code_challenge_methods_supported: ["S256"],
        });
      case "/jwks":
        return json({ keys: [this.#jwk] });
      case "/authorize":
        return this.#authorize(url, response);
      case "/token":
        return json(...this.#token(request, await bodyOf(request)));
      default:
        return json({ error: "not_found" }, 404);
    }
  }

  #authorize(url: URL, response: ServerResponse): void {
    const asked = url.searchParams;
    const back = new URL(asked.get("redirect_uri") ?? "http://invalid.invalid");
    const sound =
      asked.get("client_id") === this.clientId &&
      asked.get("response_type") === "code" &&
      asked.get("code_challenge_method") === "S256" &&
      asked.get("scope")?.includes("openid");
    const code = randomBytes(16).toString("base64url");
    if (sound) {
      this.#grants.set(code, {
        claims: this.next,
        challenge: asked.get("code_challenge") ?? "",
        redirectUri: back.href,
        nonce: asked.get("nonce"),
      });
    }
    back.searchParams.set(sound ? "code" : "error", sound ? code : "invalid_request");
    const state = asked.get("state");
    if (state) back.searchParams.set("state", state);
    response.writeHead(302, { location: back.href }).end();
  }

  /** A code is good once, for the client that asked, with the verifier that only it knows. */
  #token(request: IncomingMessage, form: URLSearchParams): [body: unknown, status: number] {
    const grant = this.#grants.get(form.get("code") ?? "");
    this.#grants.delete(form.get("code") ?? "");
    const basic = Buffer.from((request.headers.authorization ?? "").replace(/^Basic /, ""), "base64").toString();
    const known =
      basic === `${this.clientId}:${this.clientSecret}` ||
      (form.get("client_id") === this.clientId && form.get("client_secret") === this.clientSecret);
    const verifier = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    if (!known) return [{ error: "invalid_client" }, 401];
    if (!grant || verifier !== grant.challenge || form.get("redirect_uri") !== grant.redirectUri) {
      return [{ error: "invalid_grant" }, 400];
    }
    return [
      { access_token: "unused", token_type: "Bearer", expires_in: 60, scope: "openid", id_token: this.#idToken(grant) },
      200,
    ];
  }

  #idToken({ claims, nonce }: Grant): string {
    const now = Math.floor(Date.now() / 1000) - (this.lie === "expired" ? 7_200 : 0);
    const head = base64({ alg: "RS256", kid: "one", typ: "JWT" });
    const body = base64({
      ...claims,
      iss: this.lie === "issuer" ? "https://somebody.example" : this.issuer,
      aud: this.lie === "audience" ? "another client" : this.clientId,
      iat: now,
      exp: now + 3_600,
      ...(nonce && { nonce: this.lie === "nonce" ? "another" : nonce }),
    });
    return `${head}.${body}.${createSign("RSA-SHA256").update(`${head}.${body}`).sign(this.#key, "base64url")}`;
  }
}

async function bodyOf(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return new URLSearchParams(Buffer.concat(chunks).toString());
}
