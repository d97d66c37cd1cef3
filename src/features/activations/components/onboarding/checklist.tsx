"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { type ReactNode, useRef, useState } from "react";
import { toast } from "sonner";
import { Button, buttonClass } from "@/components/button";
import { Card } from "@/components/card";
import { cx } from "@/components/cx";
import { CheckIcon } from "@/components/icons/interface";
import { describeFailure } from "@/components/query-error";
import { useTRPC } from "@/trpc/client";
import { type Onboarding, STEPS, type Step } from "../../onboarding/contract";
import { nextStep } from "../../onboarding/rules";
import { Tour } from "./tour";

/** How often it is looked at whether a step was taken elsewhere, such as in the shop, ms. */
const AGAIN = 10_000;

const WORDS: Readonly<Record<Step, { readonly name: string; readonly about: string }>> = {
  verify: { name: "Confirm your address", about: "So that mails about your tokens reach you." },
  activate: { name: "Turn an app on", about: "Ten to choose from. It costs nothing until somebody uses it." },
  configure: { name: "Configure it", about: "Words, colours and what it asks, with the widget beside the form." },
  embed: { name: "Put it into your shop", about: "One line in the page. We notice when your shop asks for it." },
  first_token: { name: "Spend the first token", about: "A test key spends test tokens, which cost nothing." },
  invite: { name: "Invite a colleague", about: "Each with a role, and every change stands in the log." },
};

/** The first steps of a brand on its overview, as far as they are taken. Nothing once it is at work. */
export function Checklist({ canInvite }: { canInvite: boolean }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { data } = useQuery(
    trpc.onboarding.get.queryOptions(undefined, {
      retry: false,
      refetchInterval: ({ state }) => (state.data?.shown ? AGAIN : false),
    }),
  );
  const [touring, setTouring] = useState(false);
  const tourButton = useRef<HTMLButtonElement>(null);
  const again = () => queries.invalidateQueries(trpc.onboarding.get.queryFilter());
  const hide = useMutation(
    trpc.onboarding.hide.mutationOptions({
      onSuccess: again,
      onError: (error) => void toast.error(describeFailure(error)),
    }),
  );
  const seen = useMutation(trpc.onboarding.tourSeen.mutationOptions({ onSuccess: again }));
  if (!data?.shown) return null;
  const steps = STEPS.filter((step) => step !== "invite" || canInvite || data.done.invite);
  const taken = steps.filter((step) => data.done[step]).length;
  const next = nextStep(data.done, steps);
  return (
    <Card
      title="First steps"
      aside={
        <div className="flex items-center gap-1">
          <span className="figures mr-2 text-12 whitespace-nowrap text-ink-3 max-sm:hidden">
            {taken} of {steps.length}
          </span>
          <Button ref={tourButton} look="quiet" size="small" onClick={() => setTouring(true)}>
            {data.tourSeen ? "Show me around again" : "Show me around"}
          </Button>
          <Button look="quiet" size="small" busy={hide.isPending} onClick={() => hide.mutate()}>
            Put away
          </Button>
        </div>
      }
    >
      <ol className="grid gap-x-6 px-4 pb-4 md:grid-cols-2 md:px-5 lg:grid-cols-3">
        {steps.map((step) => (
          <StepRow key={step} step={step} isDone={data.done[step]} isNext={step === next}>
            {step === next && <Go step={step} app={data.app} />}
          </StepRow>
        ))}
      </ol>
      <Tour
        open={touring}
        finalFocus={tourButton}
        onClose={() => {
          setTouring(false);
          if (!data.tourSeen) seen.mutate();
        }}
      />
    </Card>
  );
}

function StepRow({
  step,
  isDone,
  isNext,
  children,
}: {
  step: Step;
  isDone: boolean;
  isNext: boolean;
  children: ReactNode;
}) {
  const { name, about } = WORDS[step];
  return (
    <li aria-current={isNext ? "step" : undefined} className="flex items-start gap-3 border-t border-line py-3">
      <span
        aria-hidden="true"
        className={cx(
          "mt-0.5 grid size-5 shrink-0 place-items-center rounded-full border",
          isDone ? "border-transparent bg-green-soft text-green" : isNext ? "border-accent" : "border-line-strong",
        )}
      >
        {isDone && <CheckIcon size={14} />}
      </span>
      <span className="grid min-w-0 flex-1 justify-items-start gap-0.5">
        <span className={cx("text-14", isDone ? "text-ink-2" : "font-medium")}>
          {name}
          <span className="sr-only">{isDone ? ": done" : isNext ? ": next" : ": to do"}</span>
        </span>
        {!isDone && <span className="text-12 text-ink-2">{about}</span>}
        {children && <span className="mt-2">{children}</span>}
      </span>
    </li>
  );
}

/** The way to the next step. */
function Go({ step, app }: { step: Step; app: Onboarding["app"] }) {
  const to = (href: string, words: string) => (
    <Link href={href} className={buttonClass("plain", "small")}>
      {words}
    </Link>
  );
  switch (step) {
    case "verify":
      return <Verify />;
    case "activate":
      return to("/apps", "Choose an app");
    case "configure":
      return to(app ? `/apps/${app.slug}/configure` : "/apps", app ? `Configure ${app.name}` : "Choose an app");
    case "embed":
      return to(app ? `/apps/${app.slug}` : "/apps", "See its line of code");
    case "first_token":
      return to("/docs/quick-start", "See how");
    case "invite":
      return to("/team", "Go to the team");
  }
}

function Verify() {
  const trpc = useTRPC();
  const send = useMutation(
    trpc.profile.verifyEmail.mutationOptions({
      onSuccess: () => void toast.success("A link is on its way to your address"),
      onError: (error) => void toast.error(describeFailure(error)),
    }),
  );
  return (
    <Button size="small" busy={send.isPending} onClick={() => send.mutate()}>
      Mail me a link
    </Button>
  );
}
