"use client";

import { Button } from "@/components/button";
import { BrokenBridgeDrawing } from "@/components/icons/drawings";
import { MessagePage } from "./message";
import "./globals.css";

/** The frame around all pages broke; this one stands without it. */
export default function GlobalError() {
  return (
    <html lang="en">
      <body>
        <title>Something went wrong · VARAi Connected Apps</title>
        <MessagePage
          drawing={<BrokenBridgeDrawing />}
          title="The pages cannot be shown at the moment"
          // Of what stands here nothing is left to be drawn again.
          action={
            <Button look="main" onClick={() => window.location.reload()}>
              Try again
            </Button>
          }
        >
          <p>
            Something went wrong on our side. Your shop&rsquo;s widgets do not depend on these pages, and nothing was
            lost.
          </p>
        </MessagePage>
      </body>
    </html>
  );
}
