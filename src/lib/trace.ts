import { env } from "./env";

/**
 * Traces as OpenTelemetry knows them, from the edge to the ledger: W3C trace context in, OTLP over HTTP as JSON out. Off
 * unless OTEL_EXPORTER_OTLP_ENDPOINT is set, and then it costs a request nothing but a look at a variable.
 *
 * Written out rather than taken from the SDK: that one does not run at the edge, and its kin for the edge weighs more than the
 * consume handler. What is used of the protocol is two headers and one document.
 */

export interface SpanContext {
  /** 32 and 16 hexadecimal digits. */
  readonly traceId: string;
  readonly spanId: string;
}

export type Attributes = Readonly<Record<string, string | number | boolean>>;

interface Span extends SpanContext {
  readonly parentId: string | undefined;
  readonly name: string;
  readonly kind: "server" | "consumer" | "internal";
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly failed: boolean;
}

export interface TraceSettings {
  /** The collector, without `/v1/traces`. */
  readonly endpoint: string;
  /** What the collector asks for, such as `authorization=Bearer …`, as OTEL_EXPORTER_OTLP_HEADERS has it. */
  readonly headers?: string;
  /** Which part of the requests that come without a trace of their own is traced, from 0 to 1. */
  readonly ratio: number;
}

const KINDS = { internal: 1, server: 2, consumer: 5 } as const;
/** How many spans are kept while the collector is away, and how many go in one request. */
const MOST_KEPT = 2_048;
const MOST_SENT = 512;
const SEND_TIMEOUT_MS = 5_000;

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** The context a `traceparent` carries, and whether its trace is recorded; null where it carries none. */
export function readTraceparent(header: string | null | undefined): (SpanContext & { sampled: boolean }) | null {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(header ?? "") ?? [];
  if (!traceId || !spanId || !flags) return null;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** A context as a header, or as an event carries it. */
export const writeTraceparent = ({ traceId, spanId }: SpanContext): string => `00-${traceId}-${spanId}-01`;

const hex = (bytes: number): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Headers as `name=value,name=value`, values percent-encoded. */
function readHeaders(text = ""): Record<string, string> {
  return Object.fromEntries(
    text.split(",").flatMap((pair) => {
      const at = pair.indexOf("=");
      return at < 1 ? [] : [[pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())]];
    }),
  );
}

const typed = (value: string | number | boolean) =>
  typeof value === "string"
    ? { stringValue: value }
    : typeof value === "boolean"
      ? { boolValue: value }
      : Number.isInteger(value)
        ? { intValue: String(value) }
        : { doubleValue: value };
const listOf = (attributes: Attributes) =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: typed(value) }));
/** Nanoseconds as text, because no number holds them. */
const nanos = (ms: number): string => String(BigInt(Math.round(ms * 1_000)) * 1_000n);

/** Spans as OTLP has them. */
const document = (service: string, spans: readonly Span[]) => ({
  resourceSpans: [
    {
      resource: { attributes: listOf({ "service.name": service }) },
      scopeSpans: [
        {
          scope: { name: "connected-apps" },
          spans: spans.map((span) => ({
            traceId: span.traceId,
            spanId: span.spanId,
            ...(span.parentId ? { parentSpanId: span.parentId } : {}),
            name: span.name,
            kind: KINDS[span.kind],
            startTimeUnixNano: nanos(span.startMs),
            endTimeUnixNano: nanos(span.endMs),
            attributes: listOf(span.attributes),
            status: span.failed ? { code: 2 } : {},
          })),
        },
      ],
    },
  ],
});

/** Collects spans and sends them. A collector that is away costs spans, never a request. */
export class Tracer {
  #spans: Span[] = [];
  #sending: Promise<void> | null = null;

  constructor(
    private readonly service: string,
    private readonly settings: TraceSettings,
    private readonly chance: () => number = Math.random,
  ) {}

  /**
   * Begins a trace, or goes on with the one that a request carries; null where it is not to be recorded.
   * @param header the request's `traceparent`
   */
  begin(header: string | null | undefined): (SpanContext & { parentId?: string }) | null {
    const given = readTraceparent(header);
    if (given) return given.sampled ? { traceId: given.traceId, spanId: hex(8), parentId: given.spanId } : null;
    return this.chance() < this.settings.ratio ? { traceId: hex(16), spanId: hex(8) } : null;
  }

  /** Notes a span that has ended. */
  end(
    context: SpanContext & { readonly parentId?: string },
    span: Pick<Span, "name" | "kind" | "startMs" | "attributes"> & {
      readonly endMs?: number;
      readonly failed?: boolean;
    },
  ): void {
    if (this.#spans.length >= MOST_KEPT) this.#spans.shift();
    const { traceId, spanId, parentId } = context;
    this.#spans.push({ endMs: Date.now(), failed: false, ...span, traceId, spanId, parentId });
  }

  /** Notes a span below another. */
  below(
    parent: SpanContext,
    span: Pick<Span, "name" | "kind" | "startMs" | "attributes"> & {
      readonly endMs?: number;
      readonly failed?: boolean;
    },
  ): void {
    this.end({ traceId: parent.traceId, spanId: hex(8), parentId: parent.spanId }, span);
  }

  /** Sends what has been noted. Never fails; what the collector does not take is dropped. */
  flush(): Promise<void> {
    this.#sending ??= this.#send().finally(() => {
      this.#sending = null;
    });
    return this.#sending;
  }

  async #send(): Promise<void> {
    while (this.#spans.length > 0) {
      const some = this.#spans.splice(0, MOST_SENT);
      try {
        await fetch(`${this.settings.endpoint.replace(/\/+$/, "")}/v1/traces`, {
          method: "POST",
          headers: { "content-type": "application/json", ...readHeaders(this.settings.headers) },
          body: JSON.stringify(document(this.service, some)),
          signal: AbortSignal.timeout(SEND_TIMEOUT_MS),
        });
      } catch {
        // Traces are for looking, not for keeping.
        return;
      }
    }
  }
}

// One per process, also across the bundles of several routes; null where tracing is off.
const held = globalThis as typeof globalThis & { connectedAppsTracer?: Tracer | null };

/** This process's tracer; null where no collector is named. */
export function tracer(): Tracer | null {
  if (held.connectedAppsTracer === undefined) {
    const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: headers } = env();
    const settings = { ratio: env().OTEL_TRACES_SAMPLER_ARG, ...(headers === undefined ? {} : { headers }) };
    held.connectedAppsTracer = endpoint ? new Tracer(env().OTEL_SERVICE_NAME, { endpoint, ...settings }) : null;
  }
  return held.connectedAppsTracer;
}
