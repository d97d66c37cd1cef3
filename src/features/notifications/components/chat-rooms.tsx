"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { ConfirmDialog, Dialog, DialogActions, DialogBody } from "@/components/dialog";
import { TextField } from "@/components/field";
import { PlusIcon } from "@/components/icons/interface";
import { Notice } from "@/components/notice";
import { describeFailure, QueryError } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { useTRPC } from "@/trpc/client";
import { type ChatHook, MOST_HOOKS } from "../contract";

/** The brand's rooms in chat tools: every alert is written there too. */
export function ChatRooms() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { data, error, refetch } = useQuery(trpc.notifications.chatHooks.queryOptions(undefined, { retry: false }));
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<ChatHook | null>(null);
  // The words stay while the dialog fades out.
  const [shown, setShown] = useState(removing);
  if (removing && removing !== shown) setShown(removing);
  const refresh = () => queries.invalidateQueries(trpc.notifications.chatHooks.queryFilter());
  const test = useMutation(
    trpc.notifications.testChatHook.mutationOptions({
      onSuccess: () => toast.success("A test is on its way to the room"),
      onError: (failure) => toast.error(describeFailure(failure)),
    }),
  );
  const remove = useMutation(
    trpc.notifications.removeChatHook.mutationOptions({
      onSuccess: async () => {
        await refresh();
        setRemoving(null);
        toast.success("The room was removed");
      },
    }),
  );
  const hooks = data?.hooks;
  return (
    <Card
      title="Chat rooms"
      aside={
        hooks &&
        hooks.length < MOST_HOOKS && (
          <Button size="small" icon={<PlusIcon size={16} />} onClick={() => setAdding(true)}>
            Add room
          </Button>
        )
      }
    >
      <p className="max-w-prose px-4 pb-4 text-13 text-ink-2 md:px-5">
        For the whole brand: every alert is also written into these rooms of Slack, Mattermost, Google Chat or any tool
        that takes an incoming webhook.
      </p>
      {error && !hooks && (
        <div className="px-4 pb-4 md:px-5 md:pb-5">
          <QueryError what="Your rooms" error={error} retry={refetch} />
        </div>
      )}
      {!hooks && !error && <Skeleton className="mx-5 mb-5 h-12" />}
      {hooks && hooks.length > 0 && (
        <ul>
          {hooks.map((hook) => (
            <li
              key={hook.id}
              className="flex flex-wrap items-center gap-x-4 gap-y-1 border-t border-line px-4 py-2.5 md:px-5"
            >
              <span className="min-w-0 flex-1">
                <span className="block text-14 font-medium wrap-anywhere">{hook.name}</span>
                <span className="block font-mono text-12 wrap-anywhere text-ink-2">{hook.host}</span>
              </span>
              <span className="flex">
                <Button
                  look="quiet"
                  size="small"
                  aria-label={`Send test to ${hook.name}`}
                  busy={test.isPending && test.variables.id === hook.id}
                  onClick={() => test.mutate({ id: hook.id })}
                >
                  Send test
                </Button>
                <Button look="quiet" size="small" aria-label={`Remove ${hook.name}`} onClick={() => setRemoving(hook)}>
                  Remove
                </Button>
              </span>
            </li>
          ))}
        </ul>
      )}
      <AddRoom open={adding} onClose={() => setAdding(false)} onAdded={refresh} />
      <ConfirmDialog
        open={removing !== null}
        onOpenChange={(open) => {
          if (open || remove.isPending) return;
          remove.reset();
          setRemoving(null);
        }}
        title={`Remove “${shown?.name ?? ""}”?`}
        confirm="Remove room"
        keep="Keep it"
        busy={remove.isPending}
        onConfirm={() => removing && remove.mutate({ id: removing.id })}
      >
        <p>Alerts are no longer written there. The address is forgotten; to add the room again, you need it anew.</p>
        {remove.error && (
          <Notice kind="stopped" title="The room was not removed">
            {describeFailure(remove.error)}
          </Notice>
        )}
      </ConfirmDialog>
    </Card>
  );
}

function AddRoom({ open, onClose, onAdded }: { open: boolean; onClose: () => void; onAdded: () => Promise<void> }) {
  const trpc = useTRPC();
  const [name, setName] = useState("");
  const [url, setUrl] = useState("");
  const add = useMutation(
    trpc.notifications.addChatHook.mutationOptions({
      onSuccess: async () => {
        await onAdded();
        setName("");
        setUrl("");
        onClose();
        toast.success("The room was added. Send a test to see it there.");
      },
    }),
  );
  const close = () => {
    if (add.isPending) return;
    add.reset();
    onClose();
  };
  const wrong = (path: string) => add.error?.data?.fields?.find((field) => field.path === path)?.message;
  return (
    <Dialog
      open={open}
      onOpenChange={(now) => now || close()}
      title="Add a chat room"
      description="Create an incoming webhook in your chat tool, and paste its address here."
    >
      <form
        className="contents"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!add.isPending) add.mutate({ name, url });
        }}
      >
        <DialogBody>
          <TextField
            label="Name"
            placeholder="#shop-alerts"
            value={name}
            maxLength={60}
            error={wrong("name")}
            onChange={(event) => setName(event.target.value)}
          />
          <TextField
            label="Webhook address"
            placeholder="https://hooks.slack.com/services/…"
            value={url}
            maxLength={1_000}
            autoComplete="off"
            spellCheck={false}
            hint="It is kept encrypted and never shown again: whoever has it can write into the room."
            error={wrong("url")}
            onChange={(event) => setUrl(event.target.value)}
          />
          {add.error && !wrong("name") && !wrong("url") && (
            <Notice kind="stopped" title="The room was not added">
              {describeFailure(add.error)}
            </Notice>
          )}
        </DialogBody>
        <DialogActions>
          <Button onClick={close}>Cancel</Button>
          <Button look="main" type="submit" busy={add.isPending}>
            Add room
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
