#include "app/closest_name.h"

#include <algorithm>
#include <cctype>
#include <numeric>

namespace taskgate::app {

namespace {

char upper(char letter) { return static_cast<char>(std::toupper(static_cast<unsigned char>(letter))); }

// How many letters have to be put in, taken out or replaced (Levenshtein).
std::size_t letters_between(std::string_view one, std::string_view other) {
  std::vector<std::size_t> row(other.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= one.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= other.size(); ++j) {
      const std::size_t replaced = diagonal + (upper(one[i - 1]) == upper(other[j - 1]) ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::optional<std::string> closest_name(std::string_view misspelt, const std::vector<std::string>& names) {
  std::optional<std::string> closest;
  std::size_t fewest = misspelt.size() / 3 + 1;
  for (const auto& name : names) {
    const auto letters = letters_between(misspelt, name);
    if (letters >= fewest) continue;
    fewest = letters;
    closest = name;
  }
  return closest;
}

}  // namespace taskgate::app
