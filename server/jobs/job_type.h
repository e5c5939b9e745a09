#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace taskgate::jobs {

// The name of a kind of job as the engine keeps it: `text` without surrounding white space, 1–128 printable code points
// of well-formed UTF-8; no control, separator or bidirectional characters, so that a type can stand in any log line.
// Errors: validation_failed at `type`; when nothing is left, with the message "Job type is required" for the whole
// request too.
[[nodiscard]] Result<std::string> normalize_job_type(std::string_view text);

// How many code points `text` has; nothing when it is not UTF-8 or has a character that a type may not have.
[[nodiscard]] std::optional<std::size_t> printable_length(std::string_view text);

}  // namespace taskgate::jobs
