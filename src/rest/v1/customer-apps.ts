import { type KeyCaller, requireSecretKey } from "@/auth/key-gate";
import { configurationOf } from "@/features/activations/configuration/queries";
import { publish } from "@/features/activations/configuration/service";
import { type ActivationResult, activateBody, configurationBody, emptyBody } from "@/features/activations/contract";
import { embedLinesOf, embedOf } from "@/features/activations/queries";
import { activate, deactivate, pause, resume } from "@/features/activations/service";
import { customerAppsQuery } from "@/features/catalog/contract";
import { customerAppsPage } from "@/features/catalog/queries";
import type { Scope } from "@/features/keys/rules";
import { json, requestIdOf } from "@/lib/problem";
import { readBody } from "../body";
import { metering } from "../internal/metering";
import { limit, type Surface } from "../limits";
import { readQuery } from "../query";
import { respond, type Told } from "../respond";
import type { AppParams } from "./apps";

/** The key gate, then the brand's bucket: a caller without the right is not counted against anybody. */
async function admit(request: Request, scope: Scope, surface: Surface, told: Told): Promise<KeyCaller> {
  const caller = await requireSecretKey(request, scope);
  await limit(surface, { scope: "customer", id: caller.ctx.customerId }, told);
  return caller;
}

const toAnswer = ({ activationId, app }: ActivationResult) => ({
  success: true,
  activation_id: activationId,
  app: { id: app.id, name: app.name, status: app.status, activated_at: app.activatedAt },
});

/** `GET /api/v1/customer/apps`: the apps the brand has, whatever their status. */
export const getCustomerApps = (request: Request): Promise<Response> =>
  respond(request, async (headers) => {
    const { ctx } = await admit(request, "apps:read", "apps", headers);
    return customerAppsPage(ctx, readQuery(request, customerAppsQuery));
  });

/** `POST /api/v1/customer/apps/{app_id}/activate`: 201 the first time, 200 after. */
export const postActivate = (request: Request, { params }: AppParams): Promise<Response> =>
  respond(request, async (headers) => {
    const { configuration } = await readBody(request, activateBody);
    const { ctx } = await admit(request, "apps:activate", "activate", headers);
    const { id } = await params;
    const result = await activate(ctx, metering(), { appId: id, configuration });
    const { code } = await embedLinesOf(ctx, { catalogId: result.app.id, slug: result.app.slug });
    return json({ ...toAnswer(result), embed_code: code }, result.first ? 201 : 200, requestIdOf(request));
  });

const stepBy =
  (verb: typeof pause) =>
  (request: Request, { params }: AppParams): Promise<Response> =>
    respond(request, async (headers) => {
      await readBody(request, emptyBody);
      const { ctx } = await admit(request, "apps:activate", "apps-write", headers);
      return toAnswer(await verb(ctx, metering(), { appId: (await params).id }));
    });

/** `POST /api/v1/customer/apps/{app_id}/pause` */
export const postPause = stepBy(pause);
/** `POST /api/v1/customer/apps/{app_id}/resume` */
export const postResume = stepBy(resume);
/** `POST /api/v1/customer/apps/{app_id}/deactivate` */
export const postDeactivate = stepBy(deactivate);

/** `GET /api/v1/customer/apps/{app_id}/configuration`: what is in force. */
export const getConfiguration = (request: Request, { params }: AppParams): Promise<Response> =>
  respond(request, async (headers) => {
    const { ctx } = await admit(request, "apps:read", "apps", headers);
    const { app, version, published } = await configurationOf(ctx, { appId: (await params).id });
    return { app_id: app.id, version, configuration: published };
  });

/** `PUT /api/v1/customer/apps/{app_id}/configuration`: in force on return; defaults fill what is left out. */
export const putConfiguration = (request: Request, { params }: AppParams): Promise<Response> =>
  respond(request, async (headers) => {
    const { configuration } = await readBody(request, configurationBody);
    const { ctx } = await admit(request, "apps:activate", "apps-write", headers);
    const { id } = await params;
    await publish(ctx, { appId: id, configuration });
    const { app, version, published } = await configurationOf(ctx, { appId: id });
    return { success: true, app_id: app.id, version, configuration: published };
  });

/** `GET /api/v1/customer/apps/{app_id}/embed-code` */
export const getEmbedCode = (request: Request, { params }: AppParams): Promise<Response> =>
  respond(request, async (headers) => {
    const { ctx } = await admit(request, "apps:read", "apps", headers);
    const { appId, code } = await embedOf(ctx, { appId: (await params).id });
    return { app_id: appId, embed_code: code };
  });
