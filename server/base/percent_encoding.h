#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace taskgate {

// Decodes %XX. Nothing when a percent sign is not followed by two hex digits.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

// Decodes "a=1&b=x%20y" as the WHATWG URL standard does for forms: `+` is a space, a malformed percent sequence stays
// as it is, a name without `=` has an empty value, empty pieces are skipped.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> decode_query(std::string_view text);

}  // namespace taskgate
