#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace taskgate::net {

// Content codings of HTTP (RFC 9110, 8.4.1): `deflate` is the zlib format.
enum class Coding : std::uint8_t { gzip, deflate };

// The whole text compressed, at a level that costs about 20 µs a KiB. Throws std::bad_alloc.
[[nodiscard]] std::string compress(std::string_view text, Coding coding);

}  // namespace taskgate::net
