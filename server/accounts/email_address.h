#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace taskgate::accounts {

// The canonical form of an e-mail address, which identifies an account: two spellings of one address give the same
// form, and an address that only looks like another one does not. Spaces around it are dropped, then it is folded
// (NFKC, lower case) and only then judged: exactly one '@', at most 254 bytes, a dot-atom of at most 64 bytes before
// it, a domain of at least two labels after it, which becomes its ASCII form (IDNA 2008). Control, format,
// bidirectional, invisible, private and unassigned characters are refused. Nothing when it is not an address. Applied
// to its own result it changes nothing.
[[nodiscard]] std::optional<std::string> canonical_email(std::string_view text);

}  // namespace taskgate::accounts
