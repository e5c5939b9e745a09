#pragma once

#include <filesystem>
#include <string>

namespace taskgate::app {

// The secret kept in a file: read, or made of 48 random bytes (base64url) when there is none yet. The file is readable
// by its owner only (mode 0600) and written whole before it gets its name, so that a crash leaves no half of it. Throws
// std::runtime_error with a sentence for the operator when the file can be neither read nor written, or is too short to
// be one.
[[nodiscard]] std::string load_or_create_secret(const std::filesystem::path& file);

}  // namespace taskgate::app
