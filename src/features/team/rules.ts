/** What a person is in a brand. */
export const ROLES = ["viewer", "manager", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** What a role is called, and what it is for in one sentence. */
export const ROLE_WORDS: Readonly<Record<Role, { readonly name: string; readonly may: string }>> = {
  viewer: { name: "Viewer", may: "Viewers see apps, balance and usage." },
  manager: { name: "Manager", may: "Managers set apps up, and see keys, bills and the team." },
  admin: { name: "Admin", may: "Admins do everything: keys, billing and the team too." },
};

/** Everything that can be allowed. */
export const PERMISSIONS = [
  "usage:read",
  "alerts:write",
  "deliveries:write",
  "apps:read",
  "apps:write",
  "keys:read",
  "keys:write",
  "billing:read",
  "billing:write",
  "team:read",
  "team:write",
  "audit:read",
  "webhooks:read",
  "webhooks:write",
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** Who may do what: the whole of it, one row a permission. */
const ALLOWED: Readonly<Record<Permission, readonly Role[]>> = {
  "usage:read": ["viewer", "manager", "admin"],
  "alerts:write": ["manager", "admin"],
  "deliveries:write": ["admin"],
  "apps:read": ["viewer", "manager", "admin"],
  "apps:write": ["manager", "admin"],
  "keys:read": ["manager", "admin"],
  "keys:write": ["admin"],
  "billing:read": ["manager", "admin"],
  "billing:write": ["admin"],
  "team:read": ["manager", "admin"],
  "team:write": ["admin"],
  "audit:read": ["manager", "admin"],
  "webhooks:read": ["manager", "admin"],
  "webhooks:write": ["admin"],
};

/** What a role may do. */
export const permissionsOf = (role: Role): ReadonlySet<Permission> =>
  new Set(PERMISSIONS.filter((permission) => ALLOWED[permission].includes(role)));
