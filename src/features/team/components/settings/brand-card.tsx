"use client";

import { useMutation } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { toast } from "sonner";
import { Card } from "@/components/card";
import { SelectField, TextField } from "@/components/field";
import { useTRPC } from "@/trpc/client";
import { SettingsForm } from "./profile-card";

/** Name and time zone of the brand, for its admins. */
export function BrandCard({ name, timeZone }: { name: string; timeZone: string }) {
  const trpc = useTRPC();
  const router = useRouter();
  const [typed, setTyped] = useState(name);
  const [zone, setZone] = useState(timeZone);
  const change = useMutation(
    trpc.team.changeBrand.mutationOptions({
      onSuccess: () => {
        router.refresh();
        toast.success("The brand is saved");
      },
    }),
  );
  // A browser may know zones by other names than the server: they are listed once the page stands as the server drew it.
  const [known, setKnown] = useState<readonly string[]>([]);
  useEffect(() => setKnown(Intl.supportedValuesOf("timeZone")), []);
  const zones = [...new Set([timeZone, zone, "UTC", ...known])].toSorted();
  return (
    <Card title="Brand">
      <div className="px-4 pb-5 md:px-5">
        <SettingsForm
          submit="Save brand"
          busy={change.isPending}
          disabled={(typed.trim() === name && zone === timeZone) || typed.trim() === ""}
          failure={change.error && { title: "The brand was not changed", error: change.error }}
          onSubmit={() => change.mutate({ name: typed, timeZone: zone })}
        >
          <TextField
            label="Brand name"
            autoComplete="organization"
            maxLength={100}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
          />
          <SelectField
            label="Time zone"
            hint="In which times are shown, and days begin and end."
            value={zone}
            onChange={(event) => setZone(event.target.value)}
          >
            {zones.map((each) => (
              <option key={each} value={each}>
                {each.replaceAll("_", " ")}
              </option>
            ))}
          </SelectField>
        </SettingsForm>
      </div>
    </Card>
  );
}
