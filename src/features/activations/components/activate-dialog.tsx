"use client";

import { Button } from "@/components/button";
import { Dialog, DialogActions, DialogBody } from "@/components/dialog";
import { formatCount, formatTokens } from "@/components/format";
import { Notice } from "@/components/notice";
import { describeFailure } from "@/components/query-error";
import type { AppPage } from "@/features/catalog/contract";
import { ourPageOf } from "@/features/catalog/rules";
import { planNeed, ToPlan } from "./upgrade";
import { useActivation, whatStands } from "./use-activation";

/** Asks before an app is turned on: what each use costs, what it may see, and whether the plan opens it. */
export function ActivateDialog({
  app,
  canBuy,
  open,
  onOpenChange,
}: {
  app: AppPage;
  canBuy: boolean;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}) {
  const { activate } = useActivation(app);
  const close = () => {
    activate.reset();
    onOpenChange(false);
  };
  const need = planNeed(app);
  const ours = ourPageOf(app.id);
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => (next ? onOpenChange(true) : close())}
      title={app.covered ? `Activate ${app.name}?` : need.title}
    >
      <DialogBody>
        {activate.error && (
          <Notice kind="stopped" title={`${app.name} was not turned on`}>
            {describeFailure(activate.error)} {whatStands(activate.error)}
          </Notice>
        )}
        {!app.covered && (
          <Notice kind="soon" title={need.why}>
            {need.way}
            {!canBuy && " An admin of your brand can see to it."}
          </Notice>
        )}
        <dl className="grid gap-4 text-14">
          <div>
            <dt className="text-13 font-medium">What it costs</dt>
            <dd className="mt-1 text-ink-2">
              {app.variablePrice ? "From " : ""}
              {formatTokens(app.tokenCost)} for each{" "}
              {ours
                ? `${ours.unit} that is made, however often it is sent. Looking at its page costs nothing.`
                : `session a shopper opens, 1,000 sessions are ${formatCount(1_000 * app.tokenCost)} tokens. A reload costs nothing more.`}{" "}
              Turning it on costs nothing.
            </dd>
          </div>
          <div>
            <dt className="text-13 font-medium">What it may access</dt>
            <dd>
              <ul className="mt-1 grid gap-1 text-ink-2">
                {app.access.map((line) => (
                  <li key={line} className="flex items-start gap-2">
                    <span aria-hidden="true" className="mt-2 size-1 shrink-0 rounded-full bg-ink-3" />
                    {line}
                  </li>
                ))}
              </ul>
            </dd>
          </div>
          <div>
            <dt className="text-13 font-medium">What happens next</dt>
            <dd className="mt-1 text-ink-2">
              You set it up, then paste one line into your shop. Pause it or turn it off whenever you like; that acts
              within a second.
            </dd>
          </div>
        </dl>
      </DialogBody>
      <DialogActions>
        <Button onClick={close}>Not now</Button>
        {app.covered ? (
          <Button
            look="main"
            busy={activate.isPending}
            onClick={() => activate.mutate({ appId: app.id }, { onSuccess: close })}
          >
            Activate
          </Button>
        ) : (
          <ToPlan app={app} look="main" />
        )}
      </DialogActions>
    </Dialog>
  );
}
