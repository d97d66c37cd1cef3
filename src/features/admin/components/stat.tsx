import type { ReactNode } from "react";
import { Hint } from "@/components/hint";
import { InfoIcon } from "@/components/icons/interface";

/** A row of figures on one ground. */
export function Stats({ children }: { children: ReactNode }) {
  return (
    <dl className="grid grid-cols-2 overflow-hidden rounded-card border border-line bg-surface lg:grid-cols-4">
      {children}
    </dl>
  );
}

/** One figure, with what it means behind a mark and a note below. */
export function Stat({
  name,
  about,
  note,
  children,
}: {
  name: string;
  about: string;
  note?: ReactNode;
  children: ReactNode;
}) {
  return (
    <div className="-mb-px -ml-px grid content-start gap-1 border-b border-l border-line px-4 py-4 md:px-5">
      <dt className="flex items-center gap-1 text-13 text-ink-2">
        {name}
        <Hint label={`About ${name}`} trigger={<InfoIcon size={14} className="text-ink-3" />}>
          {about}
        </Hint>
      </dt>
      <dd className="figures text-20 font-semibold">{children}</dd>
      {note && <dd className="text-12 text-ink-3">{note}</dd>}
    </div>
  );
}
