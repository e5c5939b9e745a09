#pragma once

#include <string_view>

namespace taskgate::net {

// Values of header fields that are lists (RFC 9110, 5.6.1): "br;q=1.0, gzip".

// Without spaces and tabs around it.
[[nodiscard]] inline std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Calls `visit` with each element, trimmed, until it returns true; whether it did.
template <class Visit>
bool any_element(std::string_view list, Visit visit) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (visit(trimmed(list.substr(0, comma)))) return true;
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return false;
}

// Whether an Accept-Encoding (RFC 9110, 12.5.3) takes one coding ("gzip"); "*" speaks for codings that are not named.
[[nodiscard]] bool accepts_coding(std::string_view accept_encoding, std::string_view coding);

// Whether an If-None-Match names the entity tag, which is given with its quotes; compares weakly: W/"x" matches "x".
[[nodiscard]] bool matches_etag(std::string_view if_none_match, std::string_view etag);

}  // namespace taskgate::net
