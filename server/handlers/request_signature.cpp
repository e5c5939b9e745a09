#include "handlers/request_signature.h"

#include <fmt/format.h>

#include "base/crypto.h"

namespace taskgate::handlers {

std::vector<std::string> signature_headers(const std::string& secret, const std::string& body, Time now) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  const auto digest = hmac_sha256(secret, fmt::format("{}.{}", seconds, body));
  const std::string_view signature(reinterpret_cast<const char*>(digest.data()), digest.size());
  return {fmt::format("X-Taskgate-Timestamp: {}", seconds),
          fmt::format("X-Taskgate-Signature: sha256={}", to_hex(signature))};
}

}  // namespace taskgate::handlers
