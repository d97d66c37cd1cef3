import { TRPCError } from "@trpc/server";
import { expect, it } from "vitest";
import { z } from "zod";
import { toPublicError } from "./errors";

const schema = z.strictObject({
  email: z.string().regex(/@/, "Type an address such as ada@brand.example."),
  password: z.string().min(1),
  role: z.enum(["viewer", "admin"]),
  seats: z.int().max(5),
  at: z.iso.date(),
  id: z.uuid(),
});

it("a wrong input is told field by field, in our words and a schema's own, never the library's", () => {
  const { error } = schema.safeParse({
    email: "x",
    password: "",
    role: "owner",
    seats: 9,
    at: "today",
    id: 5,
    more: 1,
  });
  const told = toPublicError(new TRPCError({ code: "BAD_REQUEST", cause: error }));
  expect(told.fields).toEqual([
    { path: "email", message: "Type an address such as ada@brand.example." },
    { path: "password", message: "must have at least 1 character" },
    { path: "role", message: "must be one of viewer, admin" },
    { path: "seats", message: "must be at most 5" },
    { path: "at", message: "must be a day such as 2026-01-31" },
    { path: "id", message: "must be text" },
    { path: "", message: "there is no such field here: more" },
  ]);
  expect(told.message).not.toMatch(/[.]; |expected|received|Too (small|big)|Invalid|Unrecognized/);
  const missing = schema.pick({ password: true }).safeParse({});
  expect(toPublicError(new TRPCError({ code: "BAD_REQUEST", cause: missing.error })).fields).toEqual([
    { path: "password", message: "must be given" },
  ]);
});
