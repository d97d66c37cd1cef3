import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { GUIDES, textOf } from "../guides";
import { Markdown } from "../markdown";

interface Params {
  readonly params: Promise<{ readonly guide: string }>;
}

// Every guide is made when the site is built; there are no others.
export const dynamicParams = false;
// The one to apps names what is in the catalogue, and has a page of its own.
export const generateStaticParams = () =>
  GUIDES.filter(({ slug }) => slug !== "apps").map(({ slug }) => ({ guide: slug }));

const named = async ({ params }: Params) => {
  const { guide } = await params;
  return GUIDES.find(({ slug }) => slug === guide) ?? notFound();
};

export async function generateMetadata(props: Params): Promise<Metadata> {
  const { title, about } = await named(props);
  return { title, description: about };
}

/** One guide. */
export default async function GuidePage(props: Params) {
  return <Markdown>{textOf(await named(props))}</Markdown>;
}
