#include "accounts/password_policy.h"

#include <fmt/format.h>
#include <utf8proc.h>
#include <zxcvbn.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <vector>

namespace taskgate::accounts {

namespace {

// The estimator's time grows faster than the length; what lies behind this many bytes only makes a password stronger.
constexpr std::size_t estimated_bytes_max = 100;

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};
struct FreeMatch {
  void operator()(ZxcMatch_t* match) const { ZxcvbnFreeInfo(match); }
};

std::size_t code_points_in(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }));
}

// "ada.lovelace@example.com" → ada, lovelace, adalovelace…: what an attacker would try first.
std::vector<std::string> words_about(std::string_view email) {
  std::vector<std::string> words = {"taskgate"};
  std::string word;
  const auto finish = [&words, &word] {
    if (word.size() >= 3) words.push_back(word);
    word.clear();
  };
  for (const char character : email) {
    const bool separates = std::string_view(".@+-_").find(character) != std::string_view::npos;
    if (separates)
      finish();
    else
      word.push_back(character);
  }
  finish();
  words.emplace_back(email.substr(0, email.find('@')));
  words.emplace_back(email);
  return words;
}

// zxcvbn's own steps: guesses below 10^3, 10^6, 10^8, 10^10.
int score_of(double entropy_bits) {
  constexpr double bits_per_decade = 3.321928094887362;
  constexpr std::array<double, 4> decades = {3, 6, 8, 10};
  int score = 0;
  for (const double decade : decades) score += entropy_bits >= decade * bits_per_decade ? 1 : 0;
  return score;
}

std::string_view reason_of(const ZxcMatch_t* matches) {
  const ZxcMatch_t* longest = matches;
  for (const ZxcMatch_t* match = matches; match != nullptr; match = match->Next) {
    if (match->Length > longest->Length) longest = match;
  }
  if (longest == nullptr) return "it is short and simple";
  if ((longest->Type & MULTIPLE_MATCH) != 0) return "it repeats itself";
  switch (longest->Type & ~MULTIPLE_MATCH) {
    case DICTIONARY_MATCH:
    case DICT_LEET_MATCH:
      return "it is built on a common word or password";
    case USER_MATCH:
    case USER_LEET_MATCH:
      return "it is built on your address or the name of this product";
    case REPEATS_MATCH:
      return "it repeats itself";
    case SEQUENCE_MATCH:
      return "it contains a sequence such as abc or 1234";
    case SPATIAL_MATCH:
      return "it follows the keys on a keyboard";
    case DATE_MATCH:
    case YEAR_MATCH:
      return "it contains a date";
    default:
      return "it is short and simple";
  }
}

}  // namespace

std::optional<std::string> normalize_password(std::string_view password) {
  if (password.size() > password_bytes_max || password.find('\0') != std::string_view::npos) return std::nullopt;
  utf8proc_uint8_t* normalized = nullptr;
  const auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  const auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(password.data()),
                                   static_cast<utf8proc_ssize_t>(password.size()), &normalized, options);
  const std::unique_ptr<utf8proc_uint8_t, Free> owner(normalized);
  if (length < 0) return std::nullopt;
  std::string text(reinterpret_cast<const char*>(normalized), static_cast<std::size_t>(length));
  if (text.size() > password_bytes_max || code_points_in(text) > password_code_points_max) return std::nullopt;
  return text;
}

std::optional<std::string> refuse_password_length(const std::string& password, const PasswordPolicy& policy) {
  if (code_points_in(password) >= policy.length_min) return std::nullopt;
  return fmt::format("Password must be at least {} characters long", policy.length_min);
}

std::optional<std::string> refuse_password(const std::string& password, std::string_view email,
                                           const PasswordPolicy& policy) {
  if (auto refusal = refuse_password_length(password, policy)) return refusal;
  const std::vector<std::string> words = words_about(email);
  std::vector<const char*> dictionary;
  for (const std::string& word : words) dictionary.push_back(word.c_str());
  dictionary.push_back(nullptr);
  ZxcMatch_t* matches = nullptr;
  const double entropy = ZxcvbnMatch(password.substr(0, estimated_bytes_max).c_str(), dictionary.data(), &matches);
  const std::unique_ptr<ZxcMatch_t, FreeMatch> owner(matches);
  if (score_of(entropy) >= policy.score_min) return std::nullopt;
  return fmt::format("Password is too easy to guess: {}. Add another word or two that do not belong together",
                     reason_of(matches));
}

}  // namespace taskgate::accounts
