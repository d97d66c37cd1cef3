import type { ReactNode } from "react";
import { currentSession } from "@/auth/session";
import { Places } from "@/features/notifications/components/places";

/** What one was told, how one is told, and what did not arrive. */
export default async function NotificationsLayout({ children }: { children: ReactNode }) {
  const gate = await currentSession();
  if (gate.state !== "in") return null;
  return (
    <div className="grid gap-6">
      <Places seesFailures={gate.session.permissions.has("deliveries:write")} />
      {children}
    </div>
  );
}
