"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { Button } from "@/components/button";
import { Card } from "@/components/card";
import { formatCount } from "@/components/format";
import { describeFailure, QueryError } from "@/components/query-error";
import { Segmented } from "@/components/segmented";
import { Skeleton } from "@/components/skeleton";
import { RowHead, Table, Td, Th, Tr } from "@/components/table";
import { RelativeTime } from "@/components/time";
import { useTRPC } from "@/trpc/client";
import type { LetterOutcome, LetterRow } from "../system/contract";
import { ReasonDialog } from "./reason-dialog";

const TOLD = { done: "Done", already: "Somebody was quicker", refused: "Refused" } as const;
const tell = ({ kind, words }: LetterOutcome) =>
  kind === "done" ? toast(`${TOLD[kind]}: ${words}`) : toast.error(`${TOLD[kind]}: ${words}`);

/** Events that could not be written: read why, write them after all, or give them up. */
export function LettersCard() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const [shown, setShown] = useState<"open" | "all">("open");
  const [discarding, setDiscarding] = useState<LetterRow | null>(null);
  const { data, error, refetch } = useQuery(trpc.admin.letters.queryOptions({ open: shown === "open" }));
  const again = () => queries.invalidateQueries({ queryKey: trpc.admin.pathKey() });
  const replay = useMutation(
    trpc.admin.replayLetter.mutationOptions({
      onSuccess: tell,
      onError: (failure) => toast.error(describeFailure(failure)),
      onSettled: again,
    }),
  );
  return (
    <Card
      title="Dead letters"
      aside={
        <Segmented
          legend="Which letters"
          value={shown}
          onChange={setShown}
          options={[
            { value: "open", label: "Open" },
            { value: "all", label: "All" },
          ]}
        />
      }
    >
      {error && !data && (
        <div className="px-4 pb-5 md:px-5">
          <QueryError what="The letters" error={error} retry={refetch} />
        </div>
      )}
      {!data && !error && <Skeleton className="m-4 h-24" />}
      {data?.total === 0 && (
        <p className="px-4 pb-5 text-14 text-ink-2 md:px-5">
          {shown === "open" ? "None is open: whatever came in was written." : "There never was one."}
        </p>
      )}
      {data && data.total > 0 && (
        <Table label="Dead letters">
          <thead>
            <Tr>
              <Th>Letter</Th>
              <Th className="max-md:hidden">Why</Th>
              <Th className="text-right">Actions</Th>
            </Tr>
          </thead>
          <tbody>
            {data.letters.map((letter) => (
              <Tr key={letter.id}>
                <RowHead>
                  {letter.kind ?? "unreadable"} of {letter.brand ?? "nobody known"}
                  <span className="block text-12 text-ink-3">
                    {letter.reason}, {letter.mode ?? "no account"}, <RelativeTime iso={letter.createdAt} />
                  </span>
                  <span className="block text-12 wrap-anywhere text-ink-2 md:hidden">{letter.error}</span>
                </RowHead>
                <Td className="text-13 wrap-anywhere text-ink-2 max-md:hidden">{letter.error}</Td>
                <Td className="text-right whitespace-nowrap">
                  {letter.resolution ?? (
                    <>
                      <Button
                        size="small"
                        busy={replay.isPending && replay.variables.id === letter.id}
                        onClick={() => replay.mutate({ id: letter.id })}
                      >
                        Replay
                      </Button>{" "}
                      <Button look="quiet" size="small" onClick={() => setDiscarding(letter)}>
                        Discard
                      </Button>
                    </>
                  )}
                </Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
      {data && data.total > data.letters.length && (
        <p className="px-4 py-3 text-12 text-ink-3 md:px-5">
          The newest {formatCount(data.letters.length)} of {formatCount(data.total)}; the command `dead-letters` has
          all.
        </p>
      )}
      <DiscardDialog letter={discarding} onClose={() => setDiscarding(null)} onDone={again} />
    </Card>
  );
}

function DiscardDialog({
  letter,
  onClose,
  onDone,
}: {
  letter: LetterRow | null;
  onClose: () => void;
  onDone: () => void;
}) {
  const trpc = useTRPC();
  const discard = useMutation(
    trpc.admin.discardLetter.mutationOptions({
      onSuccess: (outcome) => {
        tell(outcome);
        onDone();
      },
    }),
  );
  return (
    <ReasonDialog
      open={letter !== null}
      onClose={onClose}
      title="Give this letter up?"
      description="What it was for is lost; its tokens are booked as an adjustment, so that the balance stays right."
      maxLength={200}
      confirm="Discard"
      failure="Nothing was changed"
      change={discard}
      onConfirm={(reason, close) => letter && discard.mutate({ id: letter.id, reason }, { onSuccess: close })}
    />
  );
}
