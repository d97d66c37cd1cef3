// `next dev` looks for the middleware beside `src/app` only, and reads the matcher as a literal of that file; a build
// takes the file at the root. So the code stands there, and the literal in both (a test compares them).
export { middleware } from "../middleware";

export const config = {
  matcher: ["/((?!api(?:/|$)|v1[./]|_next(?:/|$)|\\.well-known(?:/|$)|.*\\.[A-Za-z0-9]+$).*)"],
};
