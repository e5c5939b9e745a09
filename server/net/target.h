#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace taskgate::net {

// Decodes %XX. Nothing when a percent sign is not followed by two hex digits.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

// Decodes "a=1&b=x%20y" as the WHATWG URL standard does for forms: `+` is a space, a malformed percent sequence stays
// as it is, a name without `=` has an empty value, empty pieces are skipped.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> decode_query(std::string_view text);

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
