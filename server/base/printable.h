#pragma once

#include <string>
#include <string_view>

namespace taskgate {

// `text` with everything escaped that could forge a line or disturb a terminal: control characters (C0, DEL, C1), line
// and paragraph separators, bidirectional controls, and bytes that are not UTF-8. Escapes are \n, \r, \t, \\, \u{hex}
// and \x for bytes.
[[nodiscard]] std::string to_printable(std::string_view text);

// True when `text` is well-formed UTF-8 (no surrogates, no overlong forms).
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace taskgate
