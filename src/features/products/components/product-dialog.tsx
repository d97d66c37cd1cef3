"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/button";
import { Dialog, DialogActions, DialogBody } from "@/components/dialog";
import { Choice, SelectField, TextArea, TextField, toFirstWrong } from "@/components/field";
import { Notice } from "@/components/notice";
import { describeFailure } from "@/components/query-error";
import { useTRPC } from "@/trpc/client";
import type { Product } from "../contract";
import { OURS } from "../rules";
import { type Draft, draftOf, EMPTY, readDraft } from "./product-draft";
import { begin } from "./words";

/** Adds a product, or changes one. What is typed stays until it is saved or the dialog is closed. */
export function ProductDialog({ target, onClose }: { target: Product | "new" | null; onClose: () => void }) {
  // The words stay while the dialog fades out.
  const [shown, setShown] = useState(target);
  const [draft, setDraft] = useState<Draft>(EMPTY);
  if (target !== null && target !== shown) {
    setShown(target);
    setDraft(target === "new" ? EMPTY : draftOf(target));
  }
  const first = useRef<HTMLInputElement>(null);
  const isNew = shown === "new" || shown === null;
  return (
    <Dialog
      open={target !== null}
      onOpenChange={(open) => {
        if (open) return;
        onClose();
        setShown(null);
      }}
      title={isNew ? "Add a product" : `Edit “${shown.name}”`}
      firm
      initialFocus={first}
    >
      <ProductForm
        key={isNew ? "new" : shown.id}
        product={isNew ? null : shown}
        draft={draft}
        setDraft={setDraft}
        first={first}
        onDone={() => {
          onClose();
          setShown(null);
        }}
      />
    </Dialog>
  );
}

function ProductForm({
  product,
  draft,
  setDraft,
  first,
  onDone,
}: {
  product: Product | null;
  draft: Draft;
  setDraft: (draft: Draft) => void;
  first: React.RefObject<HTMLInputElement | null>;
  onDone: () => void;
}) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [problems, setProblems] = useState<Partial<Record<keyof Draft, string>>>({});
  const form = useRef<HTMLFormElement>(null);
  // The form is long: what is wrong may stand out of sight.
  const mark = (found: Partial<Record<keyof Draft, string>>) => {
    setProblems(found);
    toFirstWrong(form.current);
  };
  const refresh = () => queries.invalidateQueries(trpc.products.list.queryFilter());
  const save = useMutation(
    trpc.products.save.mutationOptions({
      onSuccess: async (saved) => {
        await refresh();
        toast.success(product ? `“${saved.name}” is saved` : `“${saved.name}” is added`);
        onDone();
      },
      onError: (error) => {
        const fields = error.data?.fields ?? [];
        mark(Object.fromEntries(fields.map(({ path, message }) => [path.replace(/^product\./, ""), message])));
      },
    }),
  );
  const fetchImage = useMutation(trpc.products.fetchImage.mutationOptions({ onSuccess: refresh }));
  const text = (name: Exclude<keyof Draft, "available">, label: string) => ({
    label,
    value: draft[name],
    error: problems[name],
    onChange: (event: { target: { value: string } }) => setDraft({ ...draft, [name]: event.target.value }),
  });
  const submit = () => {
    const read = readDraft(draft);
    if ("problems" in read) return mark(read.problems);
    setProblems({});
    save.mutate({ ...(product && { id: product.id }), product: read.product });
  };
  const pick = (name: "shape" | "material" | "gender", label: string) => (
    <SelectField {...text(name, label)}>
      <option value="">Not said</option>
      {draft[name] && !OURS[name].includes(draft[name]) && <option value={draft[name]}>{draft[name]}</option>}
      {OURS[name].map((each) => (
        <option key={each} value={each}>
          {begin(each)}
        </option>
      ))}
    </SelectField>
  );
  return (
    <form
      ref={form}
      noValidate
      className="contents"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <DialogBody>
        {save.error && (
          <Notice kind="stopped" title="The product was not saved">
            {describeFailure(save.error)}
          </Notice>
        )}
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField {...text("name", "Name")} ref={first} maxLength={200} required />
          <TextField {...text("sku", "SKU")} maxLength={100} required className="font-mono" />
          <TextField {...text("brand", "Brand")} maxLength={100} />
          <TextField {...text("colour", "Colour")} maxLength={100} hint="As you call it, such as “smoke grey”" />
          {pick("shape", "Shape")}
          {pick("material", "Material")}
          {pick("gender", "For")}
          <div className="grid grid-cols-[minmax(0,1fr)_6rem] gap-3">
            <TextField {...text("price", "Price")} inputMode="decimal" />
            <TextField {...text("currency", "Currency")} maxLength={3} className="uppercase" placeholder="EUR" />
          </div>
        </div>
        <fieldset className="grid grid-cols-2 gap-4 sm:grid-cols-3">
          <legend className="mb-3 text-13 font-medium text-ink-2">Sizes in millimetres, as on the temple</legend>
          <TextField {...text("lens_mm", "Lens width")} inputMode="decimal" />
          <TextField {...text("bridge_mm", "Bridge")} inputMode="decimal" />
          <TextField {...text("temple_mm", "Temple")} inputMode="decimal" />
          <TextField {...text("height_mm", "Lens height")} inputMode="decimal" />
          <TextField {...text("width_mm", "Frame width")} inputMode="decimal" />
          <TextField {...text("weight_g", "Weight, g")} inputMode="decimal" />
        </fieldset>
        <TextField {...text("url", "Page in your shop")} inputMode="url" placeholder="https://" />
        <div className="grid gap-2">
          <TextField
            {...text("image_url", "Picture")}
            inputMode="url"
            placeholder="https://"
            hint="JPEG, PNG, WebP, AVIF or GIF, at most 3 MB. We fetch it and show our own copy."
          />
          {product?.image_state === "failed" && draft.image_url === product.image_url && (
            <div className="flex flex-wrap items-center gap-2 text-12 text-red">
              <span>{product.image_problem}</span>
              <Button
                size="small"
                look="quiet"
                busy={fetchImage.isPending}
                onClick={() => fetchImage.mutate({ id: product.id })}
              >
                {fetchImage.isSuccess ? "Asked again" : "Fetch it again"}
              </Button>
            </div>
          )}
        </div>
        <TextArea {...text("description", "Description")} rows={3} maxLength={4_000} />
        <Choice
          type="checkbox"
          title="For sale"
          note="Shoppers find it in your apps."
          checked={draft.available}
          onChange={(event) => setDraft({ ...draft, available: event.target.checked })}
        />
      </DialogBody>
      <DialogActions>
        <Button onClick={onDone}>Cancel</Button>
        <Button look="main" type="submit" busy={save.isPending}>
          {product ? "Save product" : "Add product"}
        </Button>
      </DialogActions>
    </form>
  );
}
