#pragma once

#include <string_view>

namespace taskgate::app {

// The version of this build, as in CMakeLists.txt: "0.1.0".
[[nodiscard]] std::string_view version();

}  // namespace taskgate::app
