#include "base/jwt.h"

#include <boost/json/object.hpp>
#include <optional>

#include "base/crypto.h"
#include "base/json.h"

namespace taskgate {

namespace {

namespace json = boost::json;

constexpr std::string_view our_header = R"({"alg":"HS256","typ":"JWT"})";
constexpr std::size_t token_bytes_max = 4096;
constexpr std::int64_t seconds_max = 253'402'300'799;  // the end of the year 9999

std::string_view as_text(const Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Error invalid() { return {ErrorCode::unauthenticated, "invalid_token", "Invalid token", {}, std::nullopt}; }
Error expired() { return {ErrorCode::unauthenticated, "token_expired", "Token expired", {}, std::nullopt}; }

struct Segments {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_part;
};

std::optional<Segments> split(std::string_view token) {
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) return std::nullopt;
  return Segments{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1),
                  token.substr(0, second)};
}

std::optional<json::object> decode_object(std::string_view segment) {
  const auto text = from_base64url(segment);
  if (!text) return std::nullopt;
  auto value = parse_json(*text, {.depth_max = 4});
  if (!value || !value->is_object()) return std::nullopt;
  return std::move(value->get_object());
}

bool is_our_header(std::string_view segment) {
  static const std::string as_signed_here = to_base64url(our_header);
  if (segment == as_signed_here) return true;
  const auto header = decode_object(segment);
  if (!header) return false;
  bool has_algorithm = false;
  for (const auto& [name, value] : *header) {
    if (!value.is_string()) return false;
    if (name == "alg" && value.get_string() == "HS256") {
      has_algorithm = true;
    } else if (name != "typ" || value.get_string() != "JWT") {
      return false;
    }
  }
  return has_algorithm;
}

bool read(const json::object& payload, std::string_view name, std::string& into) {
  const json::value* const value = payload.if_contains(name);
  if (value == nullptr || !value->is_string()) return false;
  into = std::string_view(value->get_string());
  return true;
}

bool read(const json::object& payload, std::string_view name, std::int64_t& into) {
  const json::value* const value = payload.if_contains(name);
  if (value == nullptr || !value->is_int64() || value->get_int64() < 0 || value->get_int64() > seconds_max)
    return false;
  into = value->get_int64();
  return true;
}

std::optional<Claims> read_claims(const json::object& payload) {
  Claims claims;
  const bool complete = read(payload, "userId", claims.user_id) && read(payload, "email", claims.email) &&
                        read(payload, "role", claims.role) && read(payload, "tokenVersion", claims.token_version) &&
                        read(payload, "iat", claims.issued_at) && read(payload, "exp", claims.expires_at) &&
                        read(payload, "sub", claims.subject) && read(payload, "sid", claims.session_id) &&
                        read(payload, "jti", claims.token_id) && read(payload, "typ", claims.type) &&
                        read(payload, "iss", claims.issuer);
  if (!complete || claims.subject != claims.user_id || payload.contains("aud")) return std::nullopt;
  return claims;
}

}  // namespace

std::string sign_jwt(const Claims& claims, std::string_view secret) {
  JsonWriter payload;
  payload.begin_object()
      .member("userId", claims.user_id)
      .member("email", claims.email)
      .member("role", claims.role)
      .member("tokenVersion", claims.token_version)
      .member("iat", claims.issued_at)
      .member("exp", claims.expires_at)
      .member("sub", claims.subject)
      .member("sid", claims.session_id)
      .member("jti", claims.token_id)
      .member("typ", claims.type)
      .member("iss", claims.issuer)
      .end_object();
  std::string token = to_base64url(our_header) + "." + to_base64url(payload.text());
  const Sha256Digest signature = hmac_sha256(secret, token);
  return token + "." + to_base64url(as_text(signature));
}

Result<Claims> verify_jwt(std::string_view token, std::string_view secret, const ExpectedClaims& expected, Time now) {
  if (token.size() > token_bytes_max) return invalid();
  const auto segments = split(token);
  if (!segments) return invalid();
  const auto signature = from_base64url(segments->signature);
  if (!signature || !equal_in_constant_time(*signature, as_text(hmac_sha256(secret, segments->signed_part))))
    return invalid();
  if (!is_our_header(segments->header)) return invalid();
  const auto payload = decode_object(segments->payload);
  const auto claims = payload ? read_claims(*payload) : std::nullopt;
  if (!claims || claims->issuer != expected.issuer || claims->type != expected.type) return invalid();

  const std::int64_t seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  std::int64_t not_before = 0;
  if (payload->contains("nbf") && !read(*payload, "nbf", not_before)) return invalid();
  if (claims->issued_at > seconds + jwt_leeway.count() || not_before > seconds + jwt_leeway.count()) return invalid();
  if (claims->expires_at <= claims->issued_at) return invalid();
  if (claims->expires_at <= seconds) return expired();
  return *claims;
}

}  // namespace taskgate
