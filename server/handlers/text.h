#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace taskgate::handlers {

// What programs and other servers write, as it may be kept and shown: bytes that are not UTF-8 become U+FFFD, control
// characters other than tab and line feed are left out, white space at the end is dropped.
[[nodiscard]] std::string clean_text(std::string_view bytes);

// What a job's work left behind, as JSON: JSON stays as it is, any other text becomes a JSON string, nothing becomes
// null.
[[nodiscard]] std::string as_result(std::string_view text);

}  // namespace taskgate::handlers
