import { createHmac } from "node:crypto";

export type Claims = Record<string, unknown>;

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

export function claimsOf(token: string): Claims {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
}

export function headerOf(token: string): Claims {
  return JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString());
}

/** A JWT signed with HS256 (or HS512), whatever its header says. */
export function sign(claims: Claims, secret: string, header: Claims = { alg: "HS256", typ: "JWT" }): string {
  const text = `${encode(header)}.${encode(claims)}`;
  const hash = header.alg === "HS512" ? "sha512" : "sha256";
  return `${text}.${createHmac(hash, secret).update(text).digest("base64url")}`;
}
