#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace taskgate::app {

// The name that was probably meant by a misspelt one: the one that the fewest letters tell apart from it, without case,
// if they are at most a third of it.
[[nodiscard]] std::optional<std::string> closest_name(std::string_view misspelt, const std::vector<std::string>& names);

}  // namespace taskgate::app
