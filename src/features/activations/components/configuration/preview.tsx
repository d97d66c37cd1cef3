"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useTheme } from "next-themes";
import { useEffect, useRef, useState } from "react";
import { Card } from "@/components/card";
import { PhoneIcon, ScreenIcon } from "@/components/icons/interface";
import { Segmented } from "@/components/segmented";
import { AppPicture } from "@/features/catalog/components/app-picture";
import type { Configuration } from "@/features/catalog/dialect/contract";
import { useTRPC } from "@/trpc/client";
import type { PreviewAnswer, PreviewMessage, PreviewQuestion } from "../../embed/contract";

/** Width of a shopper's screen in the preview, px; the wide one is drawn smaller to fit. */
const WIDTHS = { phone: 375, desktop: 1_024 } as const;
const HEIGHT = 640;
/** How long the form rests before the preview follows, ms. */
const REST_MS = 150;

/** The widget as shoppers will see it, with what stands in the form at this moment. */
export function Preview({
  app,
  configuration,
}: {
  app: { id: string; slug: string; name: string };
  configuration: Configuration;
}) {
  const [size, setSize] = useState<keyof typeof WIDTHS>("phone");
  const [there, setThere] = useState<boolean | null>(null);
  const [room, setRoom] = useState(0);
  const frame = useRef<HTMLIFrameElement>(null);
  const place = useRef<HTMLDivElement>(null);
  const { resolvedTheme } = useTheme();
  const src = `/v1/widget/${app.slug}?preview=1`;

  useEffect(() => {
    const controller = new AbortController();
    fetch(src, { method: "GET", signal: controller.signal }).then(
      ({ ok }) => setThere(ok),
      () => controller.signal.aborted || setThere(false),
    );
    return () => controller.abort();
  }, [src]);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const watch = new ResizeObserver(() => setRoom(element.clientWidth));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);

  const tell = () => {
    const { language, theme } = configuration;
    const message: PreviewMessage = {
      source: "varai-preview",
      name: app.name,
      configuration,
      language: typeof language === "string" && language !== "auto" ? language : "en",
      theme: (theme === "light" || theme === "dark" ? theme : resolvedTheme) === "dark" ? "dark" : "light",
    };
    frame.current?.contentWindow?.postMessage(message, window.location.origin);
  };
  // The frame draws itself anew for each message, so it gets one when the form rests, and none for what changes nothing.
  const said = JSON.stringify([configuration, resolvedTheme]);
  const latest = useRef(tell);
  latest.current = tell;
  useEffect(() => {
    if (!said) return;
    const timer = setTimeout(() => latest.current(), REST_MS);
    return () => clearTimeout(timer);
  }, [said]);

  // The frame asks for the brand's own products: whoever sets the app up sees what shoppers would find.
  const trpc = useTRPC();
  const queries = useQueryClient();
  useEffect(() => {
    const hear = async ({ source, origin, data }: MessageEvent<unknown>) => {
      if (source === null || source !== frame.current?.contentWindow || origin !== window.location.origin) return;
      if (!isQuestion(data)) return;
      const [path, query = ""] = data.path.split("?");
      const options = { staleTime: 30_000, retry: false, trpc: { context: { long: true } } };
      const answer =
        path === "products"
          ? await queries
              .fetchQuery(trpc.products.finderPreview.queryOptions({ configuration, query }, options))
              .catch(() => null)
          : null;
      const message: PreviewAnswer = { source: "varai-preview", type: "answer", id: data.id, answer };
      frame.current?.contentWindow?.postMessage(message, window.location.origin);
    };
    window.addEventListener("message", hear);
    return () => window.removeEventListener("message", hear);
  }, [configuration, queries, trpc]);

  const scale = room > 0 ? Math.min(1, room / WIDTHS[size]) : 1;
  return (
    <Card
      title="Preview"
      aside={
        <Segmented
          legend="Width of the preview"
          value={size}
          onChange={setSize}
          options={[
            {
              value: "phone",
              label: (
                <>
                  <PhoneIcon size={16} /> Phone
                </>
              ),
            },
            {
              value: "desktop",
              label: (
                <>
                  <ScreenIcon size={16} /> Desktop
                </>
              ),
            },
          ]}
        />
      }
    >
      <div className="px-4 pb-5 md:px-5">
        <div
          ref={place}
          className="relative overflow-hidden rounded-control border border-line bg-inset"
          style={{ height: size === "desktop" ? HEIGHT * scale : HEIGHT, maxHeight: "calc(100dvh - 10rem)" }}
        >
          {there ? (
            <iframe
              ref={frame}
              key={app.slug}
              src={src}
              title={`Preview of ${app.name}`}
              onLoad={tell}
              className="absolute top-0 left-1/2 origin-top border-0 bg-surface"
              style={{
                width: WIDTHS[size],
                height: HEIGHT,
                transform: `translateX(-50%) scale(${scale})`,
              }}
            />
          ) : (
            <div className="grid h-full content-center justify-items-center gap-3 px-6 text-center">
              <div className="w-full max-w-72">
                <AppPicture appId={app.id} />
              </div>
              <p className="max-w-80 text-13 text-ink-2" aria-live="polite">
                {there === null
                  ? "The preview is on its way."
                  : "There is no preview of this app yet. Your changes are kept all the same."}
              </p>
            </div>
          )}
        </div>
        <p className="mt-2 text-12 text-ink-3">Shows what stands in the form. Shoppers see it once you publish.</p>
      </div>
    </Card>
  );
}

const isQuestion = (data: unknown): data is PreviewQuestion => {
  const message = data as Partial<PreviewQuestion> | null;
  return (
    typeof message === "object" &&
    message?.source === "varai-preview" &&
    message.type === "ask" &&
    typeof message.id === "string" &&
    typeof message.path === "string"
  );
};
