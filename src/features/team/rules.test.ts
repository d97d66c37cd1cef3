import { expect, it } from "vitest";
import { PERMISSIONS, permissionsOf } from "./rules";

it("a viewer may read usage and apps, and no more", () => {
  expect([...permissionsOf("viewer")]).toEqual(["usage:read", "apps:read"]);
});

it("a manager sets apps up and reads everything, and changes no key, bill or team", () => {
  expect([...permissionsOf("manager")].sort()).toEqual(
    [
      "alerts:write",
      "apps:read",
      "apps:write",
      "audit:read",
      "billing:read",
      "keys:read",
      "team:read",
      "usage:read",
      "webhooks:read",
    ].sort(),
  );
});

it("an admin may do everything", () => {
  expect([...permissionsOf("admin")]).toEqual([...PERMISSIONS]);
});

it("a role that does not exist may do nothing", () => {
  expect(permissionsOf("owner" as "admin").size).toBe(0);
});
