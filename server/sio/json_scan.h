#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace taskgate::sio {

enum class JsonKind : std::uint8_t { object, array, string, number, boolean, null };

// What is known of a JSON text once it was checked.
struct ScannedJson {
  JsonKind kind = JsonKind::null;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> elements;  // of an array: offset and length of each element
};

struct JsonScanLimits {
  std::size_t depth_max = 128;
  // Set for packets with attachments: every placeholder object must name one of that many.
  std::optional<std::size_t> attachments = std::nullopt;
};

// Checks one JSON text against the grammar of RFC 8259 without building anything, as tolerant as JavaScript's
// JSON.parse: duplicate keys and lone escaped surrogates pass. The text must be UTF-8 already. Nothing when it is
// malformed, too deep, or has a placeholder without its attachment.
[[nodiscard]] std::optional<ScannedJson> scan_json(std::string_view text, JsonScanLimits limits = {});

// The characters of a JSON string given with its quotes, which `scan_json` accepted. Lone surrogates become U+FFFD.
[[nodiscard]] std::string unescape_json_string(std::string_view quoted);

}  // namespace taskgate::sio
