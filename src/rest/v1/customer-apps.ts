import { type KeyCaller, requireSecretKey } from "@/auth/key-gate";
import { configurationOf } from "@/features/activations/configuration/queries";
import { publish } from "@/features/activations/configuration/service";
import { type ActivationResult, activateBody, configurationBody, emptyBody } from "@/features/activations/contract";
import { appNamed, embedLinesOf, embedOf } from "@/features/activations/queries";
import { activate, deactivate, pause, resume } from "@/features/activations/service";
import { customerAppsQuery } from "@/features/catalog/contract";
import { customerAppsPage } from "@/features/catalog/queries";
import type { Scope } from "@/features/keys/rules";
import { Refusal } from "@/lib/errors";
import type { Surface } from "@/lib/limits";
import { json, requestIdOf } from "@/lib/problem";
import { readBody } from "../body";
import { metering } from "../internal/metering";
import { limit } from "../limits";
import { readQuery } from "../query";
import { respond, type Told } from "../respond";
import type { AppParams } from "./apps";

/** The key gate, then the brand's bucket: a caller without the right is not counted against anybody. */
async function admit(request: Request, scope: Scope, surface: Surface, told: Told): Promise<KeyCaller> {
  const caller = await requireSecretKey(request, scope);
  await limit(surface, { scope: "customer", id: caller.ctx.customerId }, told);
  return caller;
}

/**
 * The same for the app in the address, which the key must cover.
 * @throws Refusal `app_not_permitted`, and `app_not_found` where the key covers chosen apps only
 */
async function admitTo(
  { params }: AppParams,
  request: Request,
  scope: Scope,
  surface: Surface,
  told: Told,
): Promise<{ ctx: KeyCaller["ctx"]; appId: string }> {
  const { ctx, apps } = await admit(request, scope, surface, told);
  const { id: appId } = await params;
  if (apps !== null && !apps.includes((await appNamed(ctx.db, appId)).catalogId)) {
    throw new Refusal("app_not_permitted", "This key does not cover the app. Add it to the key's apps.");
  }
  return { ctx, appId };
}

const toAnswer = ({ activationId, app }: ActivationResult) => ({
  success: true,
  activation_id: activationId,
  app: { id: app.id, name: app.name, status: app.status, activated_at: app.activatedAt },
});

/** `GET /api/v1/customer/apps`: the apps the brand has, whatever their status, as far as the key covers them. */
export const getCustomerApps = (request: Request): Promise<Response> =>
  respond(request, async (headers) => {
    const { ctx, apps } = await admit(request, "apps:read", "apps", headers);
    return customerAppsPage(ctx, readQuery(request, customerAppsQuery), apps);
  });

/** `POST /api/v1/customer/apps/{app_id}/activate`: 201 the first time, 200 after. */
export const postActivate = (request: Request, at: AppParams): Promise<Response> =>
  respond(request, async (headers) => {
    const { configuration } = await readBody(request, activateBody);
    const { ctx, appId } = await admitTo(at, request, "apps:activate", "activate", headers);
    const result = await activate(ctx, metering(), { appId, configuration });
    const { code } = await embedLinesOf(ctx, { catalogId: result.app.id, slug: result.app.slug });
    return json({ ...toAnswer(result), embed_code: code }, result.first ? 201 : 200, requestIdOf(request));
  });

const stepBy =
  (verb: typeof pause) =>
  (request: Request, at: AppParams): Promise<Response> =>
    respond(request, async (headers) => {
      await readBody(request, emptyBody);
      const { ctx, appId } = await admitTo(at, request, "apps:activate", "apps-write", headers);
      return toAnswer(await verb(ctx, metering(), { appId }));
    });

/** `POST /api/v1/customer/apps/{app_id}/pause` */
export const postPause = stepBy(pause);
/** `POST /api/v1/customer/apps/{app_id}/resume` */
export const postResume = stepBy(resume);
/** `POST /api/v1/customer/apps/{app_id}/deactivate` */
export const postDeactivate = stepBy(deactivate);

/** `GET /api/v1/customer/apps/{app_id}/configuration`: what is in force. */
export const getConfiguration = (request: Request, at: AppParams): Promise<Response> =>
  respond(request, async (headers) => {
    const { ctx, appId } = await admitTo(at, request, "apps:read", "apps", headers);
    const { app, version, published } = await configurationOf(ctx, { appId });
    return { app_id: app.id, version, configuration: published };
  });

/** `PUT /api/v1/customer/apps/{app_id}/configuration`: in force on return; defaults fill what is left out. */
export const putConfiguration = (request: Request, at: AppParams): Promise<Response> =>
  respond(request, async (headers) => {
    const { configuration } = await readBody(request, configurationBody);
    const { ctx, appId } = await admitTo(at, request, "apps:activate", "apps-write", headers);
    await publish(ctx, { appId, configuration });
    const { app, version, published } = await configurationOf(ctx, { appId });
    return { success: true, app_id: app.id, version, configuration: published };
  });

/** `GET /api/v1/customer/apps/{app_id}/embed-code` */
export const getEmbedCode = (request: Request, at: AppParams): Promise<Response> =>
  respond(request, async (headers) => {
    const { ctx, appId: named } = await admitTo(at, request, "apps:read", "apps", headers);
    const { appId, code } = await embedOf(ctx, { appId: named });
    return { app_id: appId, embed_code: code };
  });
