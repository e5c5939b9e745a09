import { createHmac, timingSafeEqual } from "node:crypto";
import express from "express";
import { address, serve } from "./ask.mjs";

// What the measured route of Taskgate does: check a signed token, answer with the account in JSON.
const KEY = "a key of this bench only, 48 bytes of it: 0123456789";
const ACCOUNT = { id: "0193a5b6c7d8e9f001020304", email: "bench@example.com", role: "admin", emailVerified: true };
const sign = (text) => createHmac("sha256", KEY).update(text).digest("base64url");
const payload = `eyJhbGciOiJIUzI1NiJ9.${Buffer.from(JSON.stringify({ sub: ACCOUNT.id, exp: 4102444800 })).toString("base64url")}`;
const token = `${payload}.${sign(payload)}`;

function signedIn(request, response, next) {
  const [head, body, signature] = (request.headers.authorization ?? "").replace(/^Bearer /, "").split(".");
  const expected = Buffer.from(sign(`${head}.${body}`));
  const given = Buffer.from(signature ?? "");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return response.sendStatus(401);
  request.user = JSON.parse(Buffer.from(body, "base64url"));
  if (request.user.exp * 1000 < Date.now()) return response.sendStatus(401);
  next();
}

const app = express();
app.get("/me", signedIn, (request, response) => response.json({ status: "success", data: { ...ACCOUNT, id: request.user.sub } }));

serve({
  prepare: () =>
    new Promise((done) => {
      const server = app.listen(Number(address), "127.0.0.1", () => done({ port: server.address().port, token }));
    }),
});
