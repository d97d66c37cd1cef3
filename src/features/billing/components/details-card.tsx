"use client";

import { useMutation, useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { Dialog, DialogActions, DialogBody } from "@/components/dialog";
import { SelectField, TextField, toFirstWrong } from "@/components/field";
import { Notice } from "@/components/notice";
import { describeFailure, QueryError } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { useTRPC } from "@/trpc/client";
import { type DetailsInput, detailsInput } from "../contract";
import { countries, countryName } from "./countries";
import { useRefreshBilling } from "./use-billing";

/** Whom invoices are made out to. */
export function DetailsCard({ canWrite }: { canWrite: boolean }) {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.billing.details.queryOptions());
  const [editing, setEditing] = useState(false);
  const details = data?.details;
  return (
    <Card
      title="Invoice details"
      aside={
        canWrite &&
        data && (
          <Button size="small" onClick={() => setEditing(true)} aria-label="Edit invoice details">
            Edit
          </Button>
        )
      }
    >
      <div className="px-4 pb-5 text-14 md:px-5">
        {error && !data ? (
          <QueryError what="Your invoice details" error={error} retry={refetch} />
        ) : !data ? (
          <Skeleton className="h-24 w-full" />
        ) : details ? (
          <Address details={details} />
        ) : (
          <p className="text-ink-2">No address yet.{canWrite && " Give one, and it stands on the next invoice."}</p>
        )}
      </div>
      {canWrite && data && (
        <Dialog
          open={editing}
          onOpenChange={setEditing}
          firm
          title="Invoice details"
          description="They stand on invoices from now on; those that exist stay as they are."
        >
          <Form details={details ?? null} onDone={() => setEditing(false)} />
        </Dialog>
      )}
    </Card>
  );
}

function Address({ details }: { details: DetailsInput }) {
  const { address } = details;
  const lines = [
    details.name,
    address.line1,
    address.line2,
    [address.postalCode, address.city].filter(Boolean).join(" "),
    address.state,
    countryName(address.country),
  ].filter(Boolean);
  return (
    <div className="grid gap-3">
      <address className="not-italic wrap-anywhere">
        {lines.map((line) => (
          <span key={line} className="block">
            {line}
          </span>
        ))}
      </address>
      <dl className="grid gap-1 text-13">
        <div className="flex flex-wrap gap-x-2">
          <dt className="text-ink-3">VAT id</dt>
          <dd className="font-mono">{details.vatId ?? "none"}</dd>
        </div>
        {details.email && (
          <div className="flex flex-wrap gap-x-2">
            <dt className="text-ink-3">Invoices to</dt>
            <dd className="wrap-anywhere">{details.email}</dd>
          </div>
        )}
      </dl>
    </div>
  );
}

const EMPTY: DetailsInput = {
  name: "",
  email: "",
  address: { line1: "", line2: "", city: "", state: "", postalCode: "", country: "" },
  vatId: null,
};

function Form({ details, onDone }: { details: DetailsInput | null; onDone: () => void }) {
  const trpc = useTRPC();
  const refresh = useRefreshBilling();
  const [draft, setDraft] = useState(details ?? EMPTY);
  const [pressed, setPressed] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const result = detailsInput.safeParse(cleaned(draft));
  const error = (...path: string[]): string | undefined => {
    if (!pressed || result.success) return undefined;
    const issue = result.error.issues.find((each) => each.path.join(".") === path.join("."));
    return issue && (path.at(-1) === "country" ? "Choose a country." : `This ${issue.message}.`);
  };
  const save = useMutation(
    trpc.billing.setDetails.mutationOptions({
      onSuccess: async () => {
        await refresh();
        toast.success("Invoice details are saved");
        onDone();
      },
    }),
  );
  const address = (field: keyof DetailsInput["address"]) => ({
    value: draft.address[field] ?? "",
    onChange: (event: { target: { value: string } }) =>
      setDraft({ ...draft, address: { ...draft.address, [field]: event.target.value } }),
    error: error("address", field),
  });
  return (
    <form
      ref={form}
      className="flex min-h-0 flex-1 flex-col"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setPressed(true);
        if (!result.success) return toFirstWrong(form.current);
        if (!save.isPending) save.mutate(result.data);
      }}
    >
      <DialogBody>
        <TextField
          label="Company name"
          autoComplete="organization"
          value={draft.name}
          onChange={(event) => setDraft({ ...draft, name: event.target.value })}
          error={error("name")}
        />
        <TextField
          label="Email for invoices"
          type="email"
          autoComplete="email"
          value={draft.email}
          onChange={(event) => setDraft({ ...draft, email: event.target.value })}
          error={error("email")}
        />
        <TextField label="Street and number" autoComplete="address-line1" {...address("line1")} />
        <TextField label="Addition (may be empty)" autoComplete="address-line2" {...address("line2")} />
        <div className="grid gap-5 md:grid-cols-[9rem_1fr]">
          <TextField label="Postal code" autoComplete="postal-code" {...address("postalCode")} />
          <TextField label="City" autoComplete="address-level2" {...address("city")} />
        </div>
        <TextField label="State or region (may be empty)" autoComplete="address-level1" {...address("state")} />
        <SelectField label="Country" autoComplete="country" {...address("country")}>
          <option value="">Choose</option>
          {countries().map(([code, name]) => (
            <option key={code} value={code}>
              {name}
            </option>
          ))}
        </SelectField>
        <TextField
          label="VAT id (may be empty)"
          hint="With its country's letters, such as DE123456789."
          value={draft.vatId ?? ""}
          onChange={(event) => setDraft({ ...draft, vatId: event.target.value })}
          error={error("vatId")}
        />
        {save.error && (
          <Notice kind="stopped" title="The details were not saved">
            {describeFailure(save.error)}
          </Notice>
        )}
      </DialogBody>
      <DialogActions>
        <Button look="quiet" onClick={onDone}>
          Leave as it was
        </Button>
        <Button type="submit" look="main" busy={save.isPending}>
          Save details
        </Button>
      </DialogActions>
    </form>
  );
}

/** What was typed, as it is meant: a VAT id without its spaces and dots, none where the field is empty. */
function cleaned(draft: DetailsInput): DetailsInput {
  const vatId = (draft.vatId ?? "").replaceAll(/[\s.-]/g, "").toUpperCase();
  return { ...draft, email: draft.email.trim(), vatId: vatId === "" ? null : vatId };
}
