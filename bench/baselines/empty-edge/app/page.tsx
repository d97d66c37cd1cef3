/** The least a page of this framework can be: what a browser loads for it, it loads for every page. */
export default function Page() {
  return <p>Nothing</p>;
}
