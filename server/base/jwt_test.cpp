#include "base/jwt.h"

#include <gtest/gtest.h>

#include "base/crypto.h"

namespace taskgate {
namespace {

const std::string secret = "a-secret-of-at-least-thirty-two-bytes";
const Time now{std::chrono::seconds{1'800'000'000}};
const ExpectedClaims expected{"taskgate", "access"};

const std::string header = R"({"alg":"HS256","typ":"JWT"})";
const std::string payload =
    R"({"userId":"65a000000000000000000001","email":"a@example.com","role":"user","tokenVersion":3,"iat":1799999900,)"
    R"("exp":1800000800,"sub":"65a000000000000000000001","sid":"00112233445566778899aabbccddeeff","jti":"j1",)"
    R"("typ":"access","iss":"taskgate"})";

std::string bytes_of(const Sha256Digest& digest) { return {digest.begin(), digest.end()}; }

std::string sign_parts(const std::string& first, const std::string& second, const std::string& key = secret) {
  const std::string signed_part = first + "." + second;
  return signed_part + "." + to_base64url(bytes_of(hmac_sha256(key, signed_part)));
}

// A token that is signed correctly, whatever it says: so that only the named defect can be why it is refused.
std::string sign_text(const std::string& header_text, const std::string& payload_text) {
  return sign_parts(to_base64url(header_text), to_base64url(payload_text));
}

std::string with(const std::string& what, const std::string& by) {
  std::string text = payload;
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), by);
}

std::string with_claim(const std::string& member) { return payload.substr(0, payload.size() - 1) + "," + member + "}"; }

std::string segment(const std::string& token, int index) {
  std::size_t start = 0;
  for (int i = 0; i < index; ++i) start = token.find('.', start) + 1;
  return token.substr(start, token.find('.', start) - start);
}

struct Vector {
  std::string name;
  std::string token;
  std::string outcome;  // "ok", or the reason of the error
};

std::vector<Vector> accepted_vectors() {
  return {
      {"as we sign it", sign_text(header, payload), "ok"},
      {"header without typ", sign_text(R"({"alg":"HS256"})", payload), "ok"},
      {"header in the other order", sign_text(R"({"typ":"JWT","alg":"HS256"})", payload), "ok"},
      {"an unknown claim", sign_text(header, with_claim(R"("extra":[1,2])")), "ok"},
      {"nbf in the past", sign_text(header, with_claim(R"("nbf":1799999000)")), "ok"},
      {"nbf within the leeway", sign_text(header, with_claim(R"("nbf":1800000030)")), "ok"},
      {"iat within the leeway", sign_text(header, with(R"("iat":1799999900)", R"("iat":1800000030)")), "ok"},
      {"the last second", sign_text(header, with(R"("exp":1800000800)", R"("exp":1800000001)")), "ok"},
      {"white space in the payload", sign_text(header, " " + payload + "\n"), "ok"},
  };
}

std::vector<Vector> algorithm_vectors() {
  const std::string good = sign_text(header, payload);
  const std::string unsigned_part = to_base64url(R"({"alg":"none","typ":"JWT"})") + "." + to_base64url(payload) + ".";
  std::vector<Vector> vectors = {
      {"none without signature", unsigned_part, "invalid_token"},
      {"none with a valid HMAC", sign_text(R"({"alg":"none","typ":"JWT"})", payload), "invalid_token"},
      {"no alg", sign_text(R"({"typ":"JWT"})", payload), "invalid_token"},
      {"empty header object", sign_text("{}", payload), "invalid_token"},
      {"alg null", sign_text(R"({"alg":null})", payload), "invalid_token"},
      {"alg a number", sign_text(R"({"alg":256})", payload), "invalid_token"},
      {"alg an array", sign_text(R"({"alg":["HS256"]})", payload), "invalid_token"},
      {"alg twice", sign_text(R"({"alg":"none","alg":"HS256"})", payload), "invalid_token"},
      {"other typ", sign_text(R"({"alg":"HS256","typ":"JWE"})", payload), "invalid_token"},
      {"typ in lower case", sign_text(R"({"alg":"HS256","typ":"jwt"})", payload), "invalid_token"},
      {"header an array", sign_text(R"(["HS256"])", payload), "invalid_token"},
      {"header not JSON", sign_text("HS256", payload), "invalid_token"},
      {"header of another token", to_base64url(R"({"alg":"HS256"})") + good.substr(good.find('.')), "invalid_token"},
  };
  for (const std::string algorithm :
       {"None", "nOnE", "NONE", "hs256", "HS384", "HS512", "RS256", "ES256", "PS256", "EdDSA", "HS256 ", ""}) {
    vectors.push_back(
        {"alg " + algorithm, sign_text(R"({"alg":")" + algorithm + R"(","typ":"JWT"})", payload), "invalid_token"});
  }
  for (const std::string name : {"kid", "jku", "x5u", "jwk", "x5c", "crit", "zip", "b64", "cty"}) {
    vectors.push_back(
        {"header with " + name, sign_text(R"({"alg":"HS256",")" + name + R"(":"x"})", payload), "invalid_token"});
  }
  return vectors;
}

std::vector<Vector> shape_vectors() {
  const std::string good = sign_text(header, payload);
  const std::string signature = segment(good, 2);
  const std::string body = good.substr(0, good.rfind('.') + 1);
  // The last character of a 32-byte signature carries two unused bits, which must be zero.
  std::string other_last = good;
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  other_last.back() = alphabet[alphabet.find(other_last.back()) + 1];
  return {
      {"empty", "", "invalid_token"},
      {"one dot", ".", "invalid_token"},
      {"two dots", "..", "invalid_token"},
      {"no dots", "abc", "invalid_token"},
      {"two segments", body.substr(0, body.size() - 1), "invalid_token"},
      {"empty signature", body, "invalid_token"},
      {"four segments", good + ".x", "invalid_token"},
      {"five segments, as JWE", "a.b.c.d.e", "invalid_token"},
      {"dot at the end", good + ".", "invalid_token"},
      {"dot at the start", "." + good, "invalid_token"},
      {"truncated signature", good.substr(0, good.size() - 4), "invalid_token"},
      {"signature of another secret", sign_parts(segment(good, 0), segment(good, 1), secret + "x"), "invalid_token"},
      {"signature of the empty secret", sign_parts(segment(good, 0), segment(good, 1), ""), "invalid_token"},
      {"padding", good + "=", "invalid_token"},
      {"unused bits set", other_last, "invalid_token"},
      {"standard base64", sign_parts(segment(good, 0), to_base64(with_claim(R"("x":"~~~???>>>")"))), "invalid_token"},
      {"space before", " " + good, "invalid_token"},
      {"line end after", good + "\n", "invalid_token"},
      {"NUL after", good + std::string(1, '\0'), "invalid_token"},
      {"hex signature", body + to_hex(signature), "invalid_token"},
      {"over the length limit", sign_text(header, with_claim("\"x\":\"" + std::string(4000, 'a') + "\"")),
       "invalid_token"},
      {"changed payload", segment(good, 0) + "." + to_base64url(with(R"("user",)", R"("admin",)")) + "." + signature,
       "invalid_token"},
  };
}

std::vector<Vector> claim_vectors() {
  std::vector<Vector> vectors = {
      {"expired now", sign_text(header, with(R"("exp":1800000800)", R"("exp":1800000000)")), "token_expired"},
      {"expired long ago", sign_text(header, with(R"("exp":1800000800)", R"("exp":1799999950)")), "token_expired"},
      {"exp before iat", sign_text(header, with(R"("exp":1800000800)", R"("exp":1799999000)")), "invalid_token"},
      {"iat in the future", sign_text(header, with(R"("iat":1799999900)", R"("iat":1800000031)")), "invalid_token"},
      {"nbf in the future", sign_text(header, with_claim(R"("nbf":1800000031)")), "invalid_token"},
      {"nbf a string", sign_text(header, with_claim(R"("nbf":"0")")), "invalid_token"},
      {"an audience", sign_text(header, with_claim(R"("aud":"other")")), "invalid_token"},
      {"other issuer", sign_text(header, with(R"("iss":"taskgate")", R"("iss":"other")")), "invalid_token"},
      {"type refresh", sign_text(header, with(R"("typ":"access")", R"("typ":"refresh")")), "invalid_token"},
      {"type empty", sign_text(header, with(R"("typ":"access")", R"("typ":"")")), "invalid_token"},
      {"sub of another user", sign_text(header, with(R"("sub":"65a000000000000000000001")", R"("sub":"x")")),
       "invalid_token"},
      {"userId an object",
       sign_text(header, with(R"("userId":"65a000000000000000000001")", R"("userId":{"$ne":null})")), "invalid_token"},
      {"role a list", sign_text(header, with(R"("role":"user")", R"("role":["admin"])")), "invalid_token"},
      {"role twice", sign_text(header, with_claim(R"("role":"admin")")), "invalid_token"},
      {"tokenVersion a string", sign_text(header, with(R"("tokenVersion":3)", R"("tokenVersion":"3")")),
       "invalid_token"},
      {"payload an array", sign_text(header, "[]"), "invalid_token"},
      {"payload null", sign_text(header, "null"), "invalid_token"},
      {"payload empty", sign_text(header, ""), "invalid_token"},
      {"payload cut off", sign_text(header, payload.substr(0, payload.size() - 1)), "invalid_token"},
      {"two payloads", sign_text(header, payload + payload), "invalid_token"},
      {"payload not UTF-8", sign_text(header, with("a@example.com", "\xff@example.com")), "invalid_token"},
      {"deep payload", sign_text(header, with_claim(R"("x":[[[[[[1]]]]]])")), "invalid_token"},
  };
  for (const std::string value : {"-1", "1.5", "1800000800.0", "1e300", "99999999999999999999", "253402300800",
                                  R"("1800000800")", "true", "null", "[]"}) {
    vectors.push_back(
        {"exp " + value, sign_text(header, with(R"("exp":1800000800)", R"("exp":)" + value)), "invalid_token"});
    vectors.push_back(
        {"iat " + value, sign_text(header, with(R"("iat":1799999900)", R"("iat":)" + value)), "invalid_token"});
  }
  for (const std::string name :
       {"userId", "email", "role", "tokenVersion", "iat", "exp", "sub", "sid", "jti", "typ", "iss"}) {
    vectors.push_back(
        {"without " + name, sign_text(header, with("\"" + name + "\":", "\"_" + name + "\":")), "invalid_token"});
  }
  return vectors;
}

TEST(Jwt, JudgesEveryVectorAsExpected) {
  std::vector<Vector> vectors;
  for (auto group : {accepted_vectors(), algorithm_vectors(), shape_vectors(), claim_vectors()}) {
    vectors.insert(vectors.end(), group.begin(), group.end());
  }
  EXPECT_GE(vectors.size(), 100U);
  for (const Vector& vector : vectors) {
    const auto result = verify_jwt(vector.token, secret, expected, now);
    EXPECT_EQ(result ? "ok" : result.error().reason, vector.outcome) << vector.name;
    if (!result) {
      EXPECT_EQ(result.error().code, ErrorCode::unauthenticated) << vector.name;
    }
  }
}

TEST(Jwt, RefusesATokenWithAnySingleCharacterChanged) {
  const std::string good = sign_text(header, payload);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string changed = good;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(verify_jwt(changed, secret, expected, now)) << i;
  }
}

TEST(Jwt, ReadsBackWhatItSigns) {
  const Claims claims{"65a000000000000000000001",
                      "zoë\"@example.com",
                      "admin",
                      7,
                      1'800'000'000,
                      1'800'000'900,
                      "65a000000000000000000001",
                      "00112233445566778899aabbccddeeff",
                      "id",
                      "access",
                      "taskgate"};
  const auto read = verify_jwt(sign_jwt(claims, secret), secret, expected, now);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->user_id, claims.user_id);
  EXPECT_EQ(read->email, claims.email);
  EXPECT_EQ(read->role, claims.role);
  EXPECT_EQ(read->token_version, claims.token_version);
  EXPECT_EQ(read->issued_at, claims.issued_at);
  EXPECT_EQ(read->expires_at, claims.expires_at);
  EXPECT_EQ(read->session_id, claims.session_id);
  EXPECT_EQ(read->token_id, claims.token_id);
}

// Made with Python's hmac and base64 modules, so that the format does not rest on our own code alone.
TEST(Jwt, AcceptsATokenMadeElsewhere) {
  const std::string token =
      "eyJhbGciOiAiSFMyNTYiLCAidHlwIjogIkpXVCJ9.eyJ1c2VySWQiOiAiNjVhMDAwMDAwMDAwMDAwMDAwMDAwMDAxIiwgImVtYWl"
      "sIjogImFAZXhhbXBsZS5jb20iLCAicm9sZSI6ICJ1c2VyIiwgInRva2VuVmVyc2lvbiI6IDMsICJpYXQiOiAxNzk5OTk5OTAwLCA"
      "iZXhwIjogMTgwMDAwMDgwMCwgInN1YiI6ICI2NWEwMDAwMDAwMDAwMDAwMDAwMDAwMDEiLCAic2lkIjogIjAwMTEyMjMzNDQ1NTY"
      "2Nzc4ODk5YWFiYmNjZGRlZWZmIiwgImp0aSI6ICJqMSIsICJ0eXAiOiAiYWNjZXNzIiwgImlzcyI6ICJ0YXNrZ2F0ZSJ9.IbwKE2"
      "7_9g8_QzA-UvncwBTd2Lv61FsSsXOflSCKHuE";
  const auto claims = verify_jwt(token, secret, expected, now);
  ASSERT_TRUE(claims) << claims.error().message;
  EXPECT_EQ(claims->email, "a@example.com");
  EXPECT_EQ(claims->token_version, 3);
}

}  // namespace
}  // namespace taskgate
