"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type FormEvent, type ReactNode, useState } from "react";
import { toast } from "sonner";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { TextField } from "@/components/field";
import { Notice } from "@/components/notice";
import { describeFailure, fieldFailures, QueryError, useSessionEnd } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { useTRPC } from "@/trpc/client";

/** Who one is here: name, address, password. */
export function ProfileCard() {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.profile.get.queryOptions());
  useSessionEnd(error);
  return (
    <Card title="You">
      <div className="grid gap-6 px-4 pb-5 md:px-5">
        {error && !data && <QueryError what="Your account" error={error} retry={refetch} />}
        {!data && !error && <Skeleton className="h-72" />}
        {data && (
          <>
            <NameForm key={data.name} name={data.name} />
            <EmailForm email={data.email} verified={data.verified} hasPassword={data.hasPassword} />
            <PasswordForm hasPassword={data.hasPassword} />
            {data.google && <p className="text-13 text-ink-2">Google signs you in, too.</p>}
          </>
        )}
      </div>
    </Card>
  );
}

/** A short form of the settings: fields, and a button beside or below them. */
export function SettingsForm({
  onSubmit,
  submit,
  busy,
  failure,
  disabled,
  children,
}: {
  onSubmit: () => void;
  submit: string;
  busy: boolean;
  /** Told above the fields, where it is not about one of those that say so themselves. */
  failure: { title: string; error: unknown; fields?: readonly string[] } | null;
  disabled?: boolean;
  children: ReactNode;
}) {
  const told = failure?.fields?.some((field) => field in fieldFailures(failure.error)) ?? false;
  return (
    <form
      noValidate
      className="grid max-w-120 gap-3 [&+form]:border-t [&+form]:border-line [&+form]:pt-6"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        if (!busy && !disabled) onSubmit();
      }}
    >
      {failure && !told && (
        <Notice kind="stopped" title={failure.title}>
          {describeFailure(failure.error)}
        </Notice>
      )}
      {children}
      <div>
        <Button type="submit" busy={busy} disabled={disabled}>
          {submit}
        </Button>
      </div>
    </form>
  );
}

function NameForm({ name }: { name: string }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const router = useRouter();
  const [typed, setTyped] = useState(name);
  const rename = useMutation(
    trpc.profile.rename.mutationOptions({
      onSuccess: async () => {
        await queries.invalidateQueries(trpc.profile.get.queryFilter());
        router.refresh();
        toast.success("Your name is saved");
      },
    }),
  );
  return (
    <SettingsForm
      submit="Save name"
      busy={rename.isPending}
      disabled={typed.trim() === name || typed.trim() === ""}
      failure={rename.error && { title: "Your name was not changed", error: rename.error }}
      onSubmit={() => rename.mutate({ name: typed })}
    >
      <TextField
        label="Your name"
        autoComplete="name"
        maxLength={100}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
    </SettingsForm>
  );
}

function EmailForm({ email, verified, hasPassword }: { email: string; verified: boolean; hasPassword: boolean }) {
  const trpc = useTRPC();
  const [typed, setTyped] = useState("");
  const [password, setPassword] = useState("");
  const [sentTo, setSentTo] = useState<string | null>(null);
  const change = useMutation(
    trpc.profile.changeEmail.mutationOptions({
      onSuccess: (_, { email }) => {
        setSentTo(email);
        setTyped("");
        setPassword("");
      },
    }),
  );
  const verify = useMutation(
    trpc.profile.verifyEmail.mutationOptions({
      onSuccess: () => void toast.success(`A link is on its way to ${email}`),
      onError: (error) => void toast.error(describeFailure(error)),
    }),
  );
  return (
    <SettingsForm
      submit="Change address"
      busy={change.isPending}
      disabled={typed.trim() === "" || (hasPassword && password === "")}
      failure={change.error && { title: "Your address was not changed", error: change.error, fields: ["email"] }}
      onSubmit={() => change.mutate({ email: typed, ...(hasPassword && { password }) })}
    >
      <p className="flex flex-wrap items-center gap-2 text-14">
        <span className="wrap-anywhere">{email}</span>
        {verified ? <Badge tone="done">Confirmed</Badge> : <Badge tone="soon">Not confirmed</Badge>}
        {!verified && (
          <Button size="small" busy={verify.isPending} onClick={() => verify.mutate()}>
            Mail me a link to confirm it
          </Button>
        )}
      </p>
      {sentTo && (
        <Notice kind="info" title="Confirm the new address">
          A link is on its way to {sentTo}. Until it is followed, you sign in as before. Your present address is told.
        </Notice>
      )}
      <TextField
        label="New email"
        type="email"
        inputMode="email"
        autoComplete="email"
        spellCheck={false}
        maxLength={254}
        error={fieldFailures(change.error).email}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      {hasPassword && typed !== "" && (
        <TextField
          label="Your password"
          type="password"
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
      )}
    </SettingsForm>
  );
}

function PasswordForm({ hasPassword }: { hasPassword: boolean }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [present, setPresent] = useState("");
  const [password, setPassword] = useState("");
  const change = useMutation(
    trpc.profile.changePassword.mutationOptions({
      onSuccess: async () => {
        setPresent("");
        setPassword("");
        await Promise.all([
          queries.invalidateQueries(trpc.profile.get.queryFilter()),
          queries.invalidateQueries(trpc.profile.sessions.queryFilter()),
        ]);
        toast.success("The password is changed. You are signed out everywhere else.");
      },
    }),
  );
  return (
    <SettingsForm
      submit={hasPassword ? "Change password" : "Set a password"}
      busy={change.isPending}
      disabled={password === "" || (hasPassword && present === "")}
      failure={change.error && { title: "The password was not changed", error: change.error, fields: ["password"] }}
      onSubmit={() => change.mutate({ password, ...(hasPassword && { present }) })}
    >
      {hasPassword && (
        <TextField
          label="Present password"
          type="password"
          autoComplete="current-password"
          value={present}
          onChange={(event) => setPresent(event.target.value)}
        />
      )}
      <TextField
        label="New password"
        type="password"
        autoComplete="new-password"
        hint="At least 10 characters. It ends your sessions everywhere else."
        maxLength={256}
        error={fieldFailures(change.error).password}
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
    </SettingsForm>
  );
}
