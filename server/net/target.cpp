#include "net/target.h"

namespace taskgate::net {

namespace {

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// "http://host:1/path" → "/path"; nothing when it is not an absolute http URL.
std::optional<std::string_view> without_authority(std::string_view target) {
  const auto scheme_end = target.find("://");
  if (scheme_end == std::string_view::npos) return std::nullopt;
  const auto scheme = target.substr(0, scheme_end);
  if (scheme != "http" && scheme != "https" && scheme != "ws" && scheme != "wss") return std::nullopt;
  const auto path = target.find_first_of("/?", scheme_end + 3);
  if (path == scheme_end + 3) return std::nullopt;  // no authority
  return path == std::string_view::npos ? std::string_view{"/"} : target.substr(path);
}

}  // namespace

std::optional<TargetParts> split_target(std::string_view target) {
  if (target == "*") return TargetParts{"*", {}};
  if (target.find('#') != std::string_view::npos) return std::nullopt;
  if (target.empty()) return std::nullopt;
  if (target.front() != '/') {
    const auto rest = without_authority(target);
    if (!rest) return std::nullopt;
    target = *rest;
  }
  const auto question = target.find('?');
  auto path = percent_decode(target.substr(0, question));
  if (!path || has_control_character(*path)) return std::nullopt;
  TargetParts parts;
  parts.path = path->empty() ? "/" : std::move(*path);
  if (question != std::string_view::npos) parts.query = decode_query(target.substr(question + 1));
  return parts;
}

}  // namespace taskgate::net
