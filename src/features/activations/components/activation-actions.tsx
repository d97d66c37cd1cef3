"use client";

import Link from "next/link";
import { useState } from "react";
import { Button, buttonClass } from "@/components/button";
import { ConfirmDialog } from "@/components/dialog";
import { PauseIcon, PlayIcon, PowerIcon, SettingsIcon } from "@/components/icons/interface";
import { Notice } from "@/components/notice";
import { describeFailure } from "@/components/query-error";
import type { AppPage } from "@/features/catalog/contract";
import { ActivateDialog } from "./activate-dialog";
import { ToPlan } from "./upgrade";
import { useActivation, whatStands } from "./use-activation";

/** What a manager can do with an app: turn it on, set it up, pause it, have it go on, turn it off. */
export function ActivationActions({ app, canBuy }: { app: AppPage; canBuy: boolean }) {
  const [asking, setAsking] = useState<"activate" | "deactivate" | null>(null);
  const { pause, resume, deactivate } = useActivation(app);
  const { activation } = app;
  const on = activation === "active" || activation === "paused";
  const offered = app.status !== "disabled" && (app.status !== "deprecated" || activation !== null);
  const failed = pause.error ?? resume.error;
  return (
    <div className="grid justify-items-start gap-3 md:justify-items-end">
      <div className="flex flex-wrap gap-2 md:justify-end">
        {!on && offered && (
          <Button look="main" icon={<PowerIcon size={18} />} onClick={() => setAsking("activate")}>
            Activate
          </Button>
        )}
        {/* What one came for stands first, also where a phone breaks the row. */}
        {activation === "paused" && !app.covered && <ToPlan app={app} look="main" />}
        {activation === "paused" && app.covered && (
          <Button
            look="main"
            icon={<PlayIcon size={18} />}
            busy={resume.isPending}
            onClick={() => {
              pause.reset();
              resume.mutate({ appId: app.id });
            }}
          >
            Resume
          </Button>
        )}
        {on && (
          <Link
            href={`/apps/${app.slug}/configure`}
            className={buttonClass(activation === "active" ? "main" : "plain")}
          >
            <SettingsIcon size={18} /> Configure
          </Link>
        )}
        {activation === "active" && (
          <Button
            icon={<PauseIcon size={18} />}
            busy={pause.isPending}
            onClick={() => {
              resume.reset();
              pause.mutate({ appId: app.id });
            }}
          >
            Pause
          </Button>
        )}
        {on && (
          <Button look="quiet" icon={<PowerIcon size={18} />} onClick={() => setAsking("deactivate")}>
            Deactivate
          </Button>
        )}
      </div>
      {failed && (
        <Notice kind="stopped" title="That did not work">
          {describeFailure(failed)} {whatStands(failed)}
        </Notice>
      )}
      <ActivateDialog
        app={app}
        canBuy={canBuy}
        open={asking === "activate"}
        onOpenChange={(open) => !open && setAsking(null)}
      />
      <ConfirmDialog
        open={asking === "deactivate"}
        onOpenChange={(open) => {
          if (open || deactivate.isPending) return;
          deactivate.reset();
          setAsking(null);
        }}
        title={`Deactivate ${app.name}?`}
        confirm="Deactivate"
        keep="Keep it"
        busy={deactivate.isPending}
        onConfirm={() => deactivate.mutate({ appId: app.id }, { onSuccess: () => setAsking(null) })}
      >
        <p>
          {app.name} spends no more tokens within a second, and its button in your shop goes quiet; the page goes on.
          Configuration and versions are kept, so that you can turn it on again as it was.
        </p>
        {deactivate.error && (
          <Notice kind="stopped" title={`${app.name} is still on`}>
            {describeFailure(deactivate.error)}
          </Notice>
        )}
      </ConfirmDialog>
    </div>
  );
}
