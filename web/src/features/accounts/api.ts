import * as z from "zod/mini";
import { COOKIE_MODE, http, session } from "@/lib/client";
import { userSchema } from "@/lib/session";

const answerSchema = z.object({ message: z.string() });

const sessionSchema = z.object({
  id: z.string(),
  current: z.boolean(),
  userAgent: z._default(z.string(), ""),
  address: z._default(z.string(), ""),
  createdAt: z.string(),
  lastUsedAt: z.string(),
});
/** One place where the account is signed in. */
export type DeviceSession = z.infer<typeof sessionSchema>;

export async function signUp(account: { email: string; password: string }): Promise<void> {
  await http.post("/api/auth/signup", { schema: answerSchema, body: account, anonymous: true });
}

export async function resendVerification(email: string): Promise<void> {
  await http.post("/api/auth/resend-verification", {
    schema: answerSchema,
    body: { email },
    anonymous: true,
  });
}

export async function verify(token: string): Promise<void> {
  const path = `/api/auth/verify/${encodeURIComponent(token)}`;
  await http.post(path, { schema: answerSchema, body: {}, anonymous: true });
}

export async function signIn(account: { email: string; password: string }): Promise<void> {
  const { tokens, user } = await http.post("/api/auth/login", {
    schema: z.object({ tokens: z.object({ accessToken: z.string() }), user: userSchema }),
    body: account,
    headers: COOKIE_MODE,
    anonymous: true,
  });
  session.signedIn({ accessToken: tokens.accessToken, user });
}

/** Ends the session here in any case; throws when the server could not be told. */
export async function signOut(): Promise<void> {
  try {
    await http.post("/api/auth/logout", { schema: answerSchema, body: {}, headers: COOKIE_MODE });
  } finally {
    session.signedOut("left");
  }
}

/** Ends every session of the account. Throws, and ends none here, when the server refuses or cannot be told. */
export async function signOutEverywhere(): Promise<void> {
  await http.post("/api/auth/logout-all", { schema: answerSchema, body: {}, headers: COOKIE_MODE });
  session.signedOut("left");
}

/** This device first, then the last used. */
export async function fetchSessions(signal: AbortSignal): Promise<DeviceSession[]> {
  const schema = z.object({ data: z.array(sessionSchema) });
  const { data } = await http.get("/api/auth/sessions", { schema, signal });
  return data.sort(
    (a, b) => Number(b.current) - Number(a.current) || Date.parse(b.lastUsedAt) - Date.parse(a.lastUsedAt),
  );
}

export async function endSession(id: string): Promise<void> {
  await http.delete(`/api/auth/sessions/${encodeURIComponent(id)}`, { schema: answerSchema });
}

export async function forgotPassword(email: string): Promise<void> {
  await http.post("/api/auth/forgot-password", { schema: answerSchema, body: { email }, anonymous: true });
}

export async function resetPassword(token: string, password: string): Promise<void> {
  const path = `/api/auth/reset/${encodeURIComponent(token)}`;
  await http.post(path, { schema: answerSchema, body: { password }, anonymous: true });
}

export async function changePassword(passwords: { oldPassword: string; newPassword: string }): Promise<void> {
  await http.post("/api/auth/change-password", { schema: answerSchema, body: passwords });
}
