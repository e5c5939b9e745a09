#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/percent_encoding.h"

namespace taskgate::net {

// The two parts of a request target.
struct TargetParts {
  std::string path;  // percent-decoded
  std::vector<std::pair<std::string, std::string>> query;
};

// Takes a request target (RFC 9112, 3.2) apart: origin form ("/a?b=c"), absolute form (its scheme and authority are
// dropped), or
// "*". Nothing when it has none of these forms, a fragment, a malformed percent sequence in the path, or a control
// character in the decoded path.
[[nodiscard]] std::optional<TargetParts> split_target(std::string_view target);

}  // namespace taskgate::net
