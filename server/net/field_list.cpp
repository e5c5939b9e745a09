#include "net/field_list.h"

#include "net/http.h"

namespace taskgate::net {

namespace {

// Whether the parameters of an element (";q=0.5") leave it a weight above 0.
bool has_weight(std::string_view parameters) {
  const auto q = parameters.find("q=");
  if (q == std::string_view::npos) return true;
  return parameters.find_first_of("123456789", q + 2) != std::string_view::npos;
}

}  // namespace

bool accepts_coding(std::string_view accept_encoding, std::string_view coding) {
  bool named = false;
  bool accepted = false;
  bool any = false;
  (void)any_element(accept_encoding, [&](std::string_view element) {
    const auto semicolon = element.find(';');
    const auto name = trimmed(element.substr(0, semicolon));
    const bool weight =
        has_weight(semicolon == std::string_view::npos ? std::string_view{} : element.substr(semicolon));
    if (equal_ignoring_case(name, coding)) {
      named = true;
      accepted = weight;
    } else if (name == "*") {
      any = weight;
    }
    return false;
  });
  return named ? accepted : any;
}

bool matches_etag(std::string_view if_none_match, std::string_view etag) {
  return any_element(if_none_match, [etag](std::string_view element) {
    if (element == "*") return true;
    if (element.starts_with("W/")) element.remove_prefix(2);
    return element == etag;
  });
}

}  // namespace taskgate::net
