#pragma once

#include <string>
#include <vector>

#include "base/clock.h"

namespace taskgate::handlers {

// The two headers ("Name: value") that prove who sent a body and when: X-Taskgate-Timestamp, seconds since 1970, and
// X-Taskgate-Signature, "sha256=" and the hex HMAC-SHA256, under the secret, of the timestamp, a dot and the body.
[[nodiscard]] std::vector<std::string> signature_headers(const std::string& secret, const std::string& body, Time now);

}  // namespace taskgate::handlers
