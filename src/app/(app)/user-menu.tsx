"use client";

import { Menu } from "@base-ui/react/menu";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useTheme } from "next-themes";
import { type ReactNode, useState, useTransition } from "react";
import { toast } from "sonner";
import {
  CheckIcon,
  ChevronIcon,
  MoonIcon,
  OverviewIcon,
  ScreenIcon,
  SignOutIcon,
  SunIcon,
} from "@/components/icons/interface";
import { leaveAll } from "@/components/leaving";
import { describeFailure } from "@/components/query-error";
import { type Permission, ROLE_WORDS, type Role } from "@/features/team/rules";
import { useTRPC } from "@/trpc/client";
import { signOutAction } from "../sign-in/actions";
import { placesFor } from "./navigation";

const THEMES: { value: string; name: string; icon: ReactNode }[] = [
  { value: "light", name: "Light", icon: <SunIcon size={18} /> },
  { value: "dark", name: "Dark", icon: <MoonIcon size={18} /> },
  { value: "system", name: "As the system", icon: <ScreenIcon size={18} /> },
];
const ITEM =
  "flex h-9 items-center gap-2.5 rounded-control px-2 text-14 text-ink-2 outline-none select-none data-highlighted:bg-inset data-highlighted:text-ink";

/** Who is signed in, and for which brand; opens the theme switch and the way out. */
export function UserMenu({
  user,
  brand,
  role,
  permissions,
  staff,
}: {
  user: { name: string; email: string };
  brand: string;
  role: Role;
  permissions: Permission[];
  staff: boolean;
}) {
  const { theme, setTheme } = useTheme();
  const [leaving, start] = useTransition();
  const [open, setOpen] = useState(false);
  // The question whether to leave takes the menu's place.
  const leave = (go: () => void) => leaveAll(go) && setOpen(false);
  // The menu opens inside the page's header, so that screen readers find it within a landmark.
  const [place, setPlace] = useState<HTMLElement | null>(null);
  return (
    <Menu.Root open={open} onOpenChange={setOpen}>
      <div ref={setPlace} />
      <Menu.Trigger className="flex w-full min-w-0 items-center gap-2.5 rounded-control p-1.5 text-left transition-colors hover:bg-inset data-popup-open:bg-inset">
        <Initials name={user.name} />
        <span className="grid min-w-0 flex-1 max-md:sr-only">
          <span className="truncate text-13 font-medium">{brand}</span>
          <span className="truncate text-12 text-ink-2">{user.name}</span>
        </span>
        <ChevronIcon size={18} className="shrink-0 text-ink-3 max-md:hidden" />
      </Menu.Trigger>
      <Menu.Portal container={place}>
        <Menu.Positioner
          positionMethod="fixed"
          side="top"
          align="start"
          sideOffset={6}
          collisionPadding={12}
          className="z-50"
        >
          <Menu.Popup className="w-64 rounded-card border border-line bg-surface p-1.5 shadow-float outline-none transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0">
            <div className="grid gap-0.5 px-2 pt-1.5 pb-2.5">
              <p className="text-14 font-medium wrap-anywhere">{brand}</p>
              <p className="text-13 text-ink-2 wrap-anywhere">
                {user.name} · {ROLE_WORDS[role].name}
              </p>
              <p className="text-12 text-ink-3 wrap-anywhere">{user.email}</p>
            </div>
            <Menu.Separator className="mx-2 my-1 h-px bg-line" />
            <Brands leave={leave} />
            <div className="md:hidden">
              {placesFor(permissions)
                .filter(({ wideOnly }) => wideOnly)
                .map(({ href, name, icon }) => (
                  <Menu.Item key={href} className={ITEM} render={<Link href={href} />}>
                    {icon}
                    {name}
                  </Menu.Item>
                ))}
              <Menu.Separator className="mx-2 my-1 h-px bg-line" />
            </div>
            {staff && (
              <>
                <Menu.Item className={ITEM} render={<Link href="/admin" />}>
                  <OverviewIcon size={18} />
                  Platform
                </Menu.Item>
                <Menu.Separator className="mx-2 my-1 h-px bg-line" />
              </>
            )}
            <Menu.RadioGroup value={theme} onValueChange={(value: string) => setTheme(value)}>
              <Menu.GroupLabel className="px-2 pt-1.5 pb-1 text-12 text-ink-3">Theme</Menu.GroupLabel>
              {THEMES.map((each) => (
                <Menu.RadioItem key={each.value} value={each.value} closeOnClick={false} className={ITEM}>
                  {each.icon}
                  <span className="flex-1">{each.name}</span>
                  <Menu.RadioItemIndicator className="text-accent-ink">
                    <CheckIcon size={18} />
                  </Menu.RadioItemIndicator>
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
            <Menu.Separator className="mx-2 my-1 h-px bg-line" />
            <Menu.Item
              className={ITEM}
              closeOnClick={false}
              disabled={leaving}
              onClick={() => leave(() => start(() => signOutAction()))}
            >
              <SignOutIcon size={18} />
              {leaving ? "Signing out" : "Sign out"}
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

/** The switch between the person's brands; nothing where there is only one. */
function Brands({ leave }: { leave: (go: () => void) => void }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const router = useRouter();
  const { data } = useQuery(trpc.session.brands.queryOptions(undefined, { staleTime: 60_000 }));
  const change = useMutation(
    trpc.session.switchBrand.mutationOptions({
      onSuccess: () => {
        // What was read so far is another brand's.
        queries.clear();
        router.push("/overview");
        router.refresh();
      },
      onError: (error) => toast.error(`The brand was not changed. ${describeFailure(error)}`),
    }),
  );
  if (!data || data.brands.length < 2) return null;
  return (
    <>
      <Menu.RadioGroup value={data.current} onValueChange={(slug: string) => leave(() => change.mutate({ slug }))}>
        <Menu.GroupLabel className="px-2 pt-1.5 pb-1 text-12 text-ink-3">Brand</Menu.GroupLabel>
        {data.brands.map((each) => (
          <Menu.RadioItem key={each.slug} value={each.slug} disabled={change.isPending} className={ITEM}>
            <span className="min-w-0 flex-1 truncate">{each.name}</span>
            <Menu.RadioItemIndicator className="text-accent-ink">
              <CheckIcon size={18} />
            </Menu.RadioItemIndicator>
          </Menu.RadioItem>
        ))}
      </Menu.RadioGroup>
      <Menu.Separator className="mx-2 my-1 h-px bg-line" />
    </>
  );
}

/** The first letters of the first and the last name. */
function Initials({ name }: { name: string }) {
  const words = name.trim().split(/\s+/);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? "")][0] ?? "");
  return (
    <span
      aria-hidden="true"
      className="grid size-8 shrink-0 place-items-center rounded-full border border-line-strong bg-inset text-12 font-semibold text-ink-2"
    >
      {letters.join("").toUpperCase()}
    </span>
  );
}
