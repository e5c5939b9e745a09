import * as z from "zod/mini";
import { COOKIE_MODE, http, session } from "@/lib/client";
import { userSchema } from "@/lib/session";

const answerSchema = z.object({ message: z.string() });

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
