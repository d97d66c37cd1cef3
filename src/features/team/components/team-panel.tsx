"use client";

import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { PlusIcon } from "@/components/icons/interface";
import { PageTitle } from "@/components/page-title";
import { QueryError, useSessionEnd } from "@/components/query-error";
import { Skeleton } from "@/components/skeleton";
import { RowHead, Table, Td, Th, Tr } from "@/components/table";
import { RelativeTime } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import type { Member } from "../contract";
import { ROLE_WORDS, type Role } from "../rules";
import { ChangeRoleDialog } from "./change-role-dialog";
import { InvitationsCard } from "./invitations-card";
import { InviteDialog } from "./invite-dialog";
import { RemoveDialog } from "./remove-dialog";

/** The page of the team: who belongs to the brand, who was asked to. `canWrite` shows what only an admin may press. */
export function TeamPanel({ canWrite }: { canWrite: boolean }) {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery(trpc.team.list.queryOptions());
  useSessionEnd(error);
  const [inviting, setInviting] = useState(false);
  const [changing, setChanging] = useState<Member | null>(null);
  const [removing, setRemoving] = useState<Member | null>(null);
  const inviteButton = useRef<HTMLButtonElement>(null);
  return (
    <div className="grid gap-6">
      <PageTitle
        title="Team"
        action={
          canWrite && (
            <Button ref={inviteButton} look="main" icon={<PlusIcon size={18} />} onClick={() => setInviting(true)}>
              Invite
            </Button>
          )
        }
      >
        Who may see and change what is this brand&rsquo;s. A new role counts at once, with a new sign-in.
      </PageTitle>
      {data && data.invitations.length > 0 && <InvitationsCard invitations={data.invitations} canWrite={canWrite} />}
      <Card>
        {error && !data && (
          <div className="p-4 md:p-5">
            <QueryError what="Your team" error={error} retry={refetch} />
          </div>
        )}
        {!data && !error && <Skeleton className="m-4 h-40" />}
        {data && (
          <Table label="Team">
            <thead>
              <tr>
                <Th className="rounded-tl-card">Name</Th>
                <Th className="max-md:hidden">Email</Th>
                <Th className="max-md:hidden">Role</Th>
                <Th className="max-lg:hidden">Last seen</Th>
                {canWrite && (
                  <Th className="rounded-tr-card">
                    <span className="sr-only">Actions</span>
                  </Th>
                )}
              </tr>
            </thead>
            <tbody>
              {data.members.map((member) => (
                <Tr key={member.userId}>
                  <RowHead className="max-w-80">
                    <span className="grid min-w-0 gap-0.5">
                      <span className="font-medium wrap-anywhere">
                        {member.name}
                        {member.userId === data.you && <span className="font-normal text-ink-3"> (you)</span>}
                      </span>
                      <span className="text-12 wrap-anywhere text-ink-2 md:hidden">{member.email}</span>
                      <span className="mt-1 md:hidden">
                        <RoleBadge role={member.role} />
                      </span>
                    </span>
                  </RowHead>
                  <Td className="max-w-72 text-13 wrap-anywhere text-ink-2 max-md:hidden">{member.email}</Td>
                  <Td className="max-md:hidden">
                    <RoleBadge role={member.role} />
                  </Td>
                  <Td className="figures text-13 whitespace-nowrap text-ink-2 max-lg:hidden">
                    {member.lastSeenAt ? <RelativeTime iso={member.lastSeenAt} /> : "Not lately"}
                  </Td>
                  {canWrite && (
                    <Td className="text-right">
                      <span className="inline-flex flex-col items-end justify-end xl:flex-row">
                        <Button look="quiet" size="small" onClick={() => setChanging(member)}>
                          Change role<span className="sr-only"> of {member.name}</span>
                        </Button>
                        <Button
                          look="quiet"
                          size="small"
                          className="xl:min-w-20"
                          aria-label={member.userId === data.you ? "Leave the brand" : `Remove ${member.name}`}
                          onClick={() => setRemoving(member)}
                        >
                          {member.userId === data.you ? "Leave" : "Remove"}
                        </Button>
                      </span>
                    </Td>
                  )}
                </Tr>
              ))}
            </tbody>
          </Table>
        )}
      </Card>
      {canWrite && <InviteDialog open={inviting} onOpenChange={setInviting} finalFocus={inviteButton} />}
      {canWrite && <ChangeRoleDialog target={changing} you={data?.you} onClose={() => setChanging(null)} />}
      {canWrite && <RemoveDialog target={removing} you={data?.you} onClose={() => setRemoving(null)} />}
    </div>
  );
}

const RoleBadge = ({ role }: { role: Role }) => (
  <Badge tone={role === "admin" ? "accent" : "neutral"}>{ROLE_WORDS[role].name}</Badge>
);
