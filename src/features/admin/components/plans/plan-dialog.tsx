"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/button";
import { Dialog, DialogActions, DialogBody } from "@/components/dialog";
import { Choice, TextArea, TextField } from "@/components/field";
import { formatMoney, formatTokens } from "@/components/format";
import { Notice } from "@/components/notice";
import { describeFailure } from "@/components/query-error";
import { useTRPC } from "@/trpc/client";
import { type EditedPlan, planFields } from "../../plans/contract";

/** Edits what a plan is called, gives and says, with the reason. */
export function PlanDialog({ plan, onClose }: { plan: EditedPlan; onClose: () => void }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { fields, shipped } = plan;
  const unlimited = fields.tokensPerMonth === -1;
  const [name, setName] = useState(fields.name);
  const [tokens, setTokens] = useState(String(fields.tokensPerMonth));
  const [features, setFeatures] = useState(fields.features.join("\n"));
  const [onSale, setOnSale] = useState(plan.onSale);
  const [reason, setReason] = useState("");
  const [asked, setAsked] = useState(false);
  const edit = useMutation(
    trpc.admin.editPlan.mutationOptions({
      onSuccess: async () => {
        toast(`${name} is changed`);
        await queries.invalidateQueries({ queryKey: trpc.admin.plans.queryKey() });
        onClose();
      },
    }),
  );
  const read = planFields.safeParse({
    name,
    tokensPerMonth: unlimited ? -1 : /^\d{1,10}$/.test(tokens.trim()) ? Number(tokens) : Number.NaN,
    features: features
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean),
  });
  const wrong = (field: string) => {
    const found = asked && !read.success && read.error.issues.find(({ path }) => path[0] === field);
    return found ? { error: found.message } : {};
  };
  const quota = read.success && read.data.tokensPerMonth !== fields.tokensPerMonth ? read.data.tokensPerMonth : null;
  return (
    <Dialog
      firm
      open
      onOpenChange={(next) => next || onClose()}
      title={`Edit ${fields.name}`}
      description={`${formatMoney(plan.priceCents)} ${plan.billingCycle === "monthly" ? "a month" : "a year"}. What it costs is changed at Stripe.`}
    >
      <DialogBody>
        {edit.error && (
          <Notice kind="stopped" title="Nothing was changed">
            {describeFailure(edit.error)}
          </Notice>
        )}
        <TextField
          label="Name"
          maxLength={40}
          value={name}
          onChange={({ target }) => setName(target.value)}
          {...(name !== shipped.name && { hint: `Shipped: ${shipped.name}` })}
          {...wrong("name")}
        />
        {!unlimited && (
          <TextField
            label="Tokens a month"
            inputMode="numeric"
            value={tokens}
            onChange={({ target }) => setTokens(target.value)}
            hint={
              tokens === String(shipped.tokensPerMonth) ? undefined : `Shipped: ${formatTokens(shipped.tokensPerMonth)}`
            }
            {...wrong("tokensPerMonth")}
          />
        )}
        {quota !== null && (
          <Notice kind="soon" title="From the next period on">
            Brands on this plan keep what they were given for the period they have paid, and get {formatTokens(quota)}{" "}
            with the next payment.
          </Notice>
        )}
        <TextArea
          label="What it includes"
          hint="One to a line."
          rows={4}
          value={features}
          onChange={({ target }) => setFeatures(target.value)}
          {...wrong("features")}
        />
        <Choice
          type="checkbox"
          title="On sale"
          note="Off sale, nobody new can take it; brands on it stay on it."
          checked={onSale}
          onChange={({ target }) => setOnSale(target.checked)}
        />
        <TextField
          label="Reason"
          maxLength={300}
          hint="It stands in the audit log."
          value={reason}
          onChange={({ target }) => setReason(target.value)}
          {...(asked && reason.trim().length < 5 && { error: "Say why, in at least 5 characters." })}
        />
      </DialogBody>
      <DialogActions>
        <Button onClick={onClose}>Not now</Button>
        <Button
          look="main"
          busy={edit.isPending}
          onClick={() => {
            setAsked(true);
            if (read.success && reason.trim().length >= 5) {
              const seen = { ...fields, onSale: plan.onSale };
              edit.mutate({ planId: plan.id, seen, fields: read.data, onSale, reason });
            }
          }}
        >
          Change plan
        </Button>
      </DialogActions>
    </Dialog>
  );
}
