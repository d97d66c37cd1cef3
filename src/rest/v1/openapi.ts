import { json, requestIdOf } from "@/lib/problem";
import { openApiDocument } from "../openapi/document";

/** `GET /api/v1/openapi.json`: the API described, for anyone and from any page. */
export function getOpenApi(request: Request): Response {
  const answer = json(openApiDocument(), 200, requestIdOf(request));
  answer.headers.set("Cache-Control", "public, max-age=300");
  answer.headers.set("Access-Control-Allow-Origin", "*");
  return answer;
}
