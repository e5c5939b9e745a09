#include "accounts/email_address.h"

#include <idn2.h>
#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace taskgate::accounts {

namespace {

constexpr std::size_t input_bytes_max = 1024;
constexpr std::size_t address_bytes_max = 254;
constexpr std::size_t local_bytes_max = 64;
constexpr std::size_t domain_bytes_max = 253;

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};

bool is_refused(utf8proc_int32_t code_point) {
  const utf8proc_property_t* const property = utf8proc_get_property(code_point);
  switch (property->category) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
      return true;
    default:
      return property->ignorable != 0;
  }
}

// Nothing when the text is not UTF-8 or has a character that an address must not have.
bool has_only_visible_characters(std::string_view text) {
  while (!text.empty()) {
    utf8proc_int32_t code_point = -1;
    const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                         static_cast<utf8proc_ssize_t>(text.size()), &code_point);
    if (length <= 0 || is_refused(code_point)) return false;
    text.remove_prefix(static_cast<std::size_t>(length));
  }
  return true;
}

utf8proc_int32_t to_lower(utf8proc_int32_t code_point, void*) { return utf8proc_tolower(code_point); }

// NFKC in lower case.
std::optional<std::string> fold(std::string_view text) {
  utf8proc_uint8_t* folded = nullptr;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT);
  const auto length =
      utf8proc_map_custom(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                          static_cast<utf8proc_ssize_t>(text.size()), &folded, options, to_lower, nullptr);
  const std::unique_ptr<utf8proc_uint8_t, Free> owner(folded);
  if (length < 0) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(folded), static_cast<std::size_t>(length));
}

bool is_ascii_digit(char character) { return character >= '0' && character <= '9'; }
bool is_ascii_letter(char character) { return character >= 'a' && character <= 'z'; }

bool is_local_part(std::string_view local) {
  if (local.empty() || local.size() > local_bytes_max) return false;
  if (local.front() == '.' || local.back() == '.' || local.find("..") != std::string_view::npos) return false;
  return std::all_of(local.begin(), local.end(), [](char character) {
    return is_ascii_letter(character) || is_ascii_digit(character) || static_cast<unsigned char>(character) >= 0x80 ||
           std::string_view("!#$%&'*+-/=?^_`{|}~.").find(character) != std::string_view::npos;
  });
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(), [](char character) {
    return is_ascii_letter(character) || is_ascii_digit(character) || character == '-';
  });
}

bool is_ascii_domain(std::string_view domain) {
  if (domain.size() > domain_bytes_max || domain.find('.') == std::string_view::npos) return false;
  std::string_view label;
  for (std::size_t start = 0; start <= domain.size(); start += label.size() + 1) {
    label = domain.substr(start, domain.find('.', start) - start);
    if (!is_label(label)) return false;
  }
  return !std::all_of(label.begin(), label.end(), is_ascii_digit);  // the last label: otherwise it is an IP address
}

std::optional<std::string> to_ascii_domain(const std::string& domain) {
  char* ascii = nullptr;
  // Not with IDN2_USE_STD3_ASCII_RULES: it drops characters silently ("exa_mple" becomes "example"); is_ascii_domain
  // refuses them.
  const int flags = IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL;
  if (idn2_to_ascii_8z(domain.c_str(), &ascii, flags) != IDN2_OK) return std::nullopt;
  const std::unique_ptr<char, Free> owner(ascii);
  std::string result = ascii;
  if (!is_ascii_domain(result)) return std::nullopt;
  return result;
}

}  // namespace

std::optional<std::string> canonical_email(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  if (text.size() > input_bytes_max || !has_only_visible_characters(text)) return std::nullopt;
  // Twice: a lower-case letter may have a compatibility form of its own.
  const auto once = fold(text);
  const auto folded = once ? fold(*once) : std::nullopt;
  if (!folded || !has_only_visible_characters(*folded)) return std::nullopt;
  const std::size_t at = folded->find('@');
  if (at == std::string::npos || folded->find('@', at + 1) != std::string::npos) return std::nullopt;
  const std::string local = folded->substr(0, at);
  if (!is_local_part(local)) return std::nullopt;
  const auto domain = to_ascii_domain(folded->substr(at + 1));
  if (!domain) return std::nullopt;
  std::string address = local + "@" + *domain;
  if (address.size() > address_bytes_max) return std::nullopt;
  return address;
}

}  // namespace taskgate::accounts
