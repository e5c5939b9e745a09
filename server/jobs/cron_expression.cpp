#include "jobs/cron_expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/printable.h"

namespace taskgate::jobs {
namespace {

using std::chrono::days;
using std::chrono::local_days;
using std::chrono::local_seconds;
using std::chrono::seconds;

constexpr std::size_t length_max = 256;
constexpr std::size_t shown_length_max = 24;

constexpr std::array<std::string_view, 12> month_names = {"jan", "feb", "mar", "apr", "may", "jun",
                                                          "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> weekday_names = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct FieldKind {
  std::string_view name;
  int lowest;
  int highest;
  std::span<const std::string_view> names = {};  // of the values from `lowest` on
  bool takes_question_mark = false;
};

constexpr std::array<FieldKind, 6> field_kinds = {{{"second", 0, 59},
                                                   {"minute", 0, 59},
                                                   {"hour", 0, 23},
                                                   {"day of month", 1, 31, {}, true},
                                                   {"month", 1, 12, month_names},
                                                   {"day of week", 0, 7, weekday_names, true}}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 7> nicknames = {{{"@yearly", "0 0 1 1 *"},
                                                                                     {"@annually", "0 0 1 1 *"},
                                                                                     {"@monthly", "0 0 1 * *"},
                                                                                     {"@weekly", "0 0 * * 0"},
                                                                                     {"@daily", "0 0 * * *"},
                                                                                     {"@midnight", "0 0 * * *"},
                                                                                     {"@hourly", "0 * * * *"}}};

std::string shown(std::string_view text) {
  return "\"" + to_printable(text.substr(0, shown_length_max)) + (text.size() > shown_length_max ? "…" : "") + "\"";
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

bool is_space(char c) { return c == ' ' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

struct Word {
  std::string_view text;
  std::size_t at = 0;  // in the expression, from 0
};

std::vector<Word> split_words(std::string_view text) {
  std::vector<Word> words;
  std::size_t at = 0;
  while (at < text.size()) {
    while (at < text.size() && is_space(text[at])) ++at;
    const std::size_t begin = at;
    while (at < text.size() && !is_space(text[at])) ++at;
    if (at > begin) words.push_back({text.substr(begin, at - begin), begin});
  }
  return words;
}

// What is wrong, and where.
struct Fault {
  std::size_t at = 0;  // in the expression
  std::string message;
};

// One field, read from left to right.
class FieldReader {
 public:
  FieldReader(const FieldKind& kind, Word word) : kind_(kind), word_(word) {}

  Result<std::uint64_t> read() {
    std::uint64_t values = 0;
    bool good = read_item(values);
    while (good && at_ < word_.text.size()) good = expect_comma() && read_item(values);
    if (good) return values;
    const auto message =
        fmt::format("The field \"{}\" at character {}: {}", kind_.name, word_.at + fault_.at + 1, fault_.message);
    return validation_failed("cron", message);
  }

 private:
  [[nodiscard]] char peek() const { return at_ < word_.text.size() ? word_.text[at_] : '\0'; }
  [[nodiscard]] bool fail(std::size_t at, std::string message) {
    fault_ = {at, std::move(message)};
    return false;
  }
  bool expect_comma() {
    if (peek() != ',') return fail(at_, unexpected());
    ++at_;
    return true;
  }
  [[nodiscard]] std::string unexpected() const {
    if (at_ >= word_.text.size()) return "a value is missing";
    const std::string_view rest = word_.text.substr(at_);
    if (std::string_view("LW#").find(rest.front()) != std::string_view::npos) {
      return fmt::format("{} is not supported: L, W and # are not known here", shown(rest));
    }
    return fmt::format("{} is not expected here", shown(rest));
  }

  // `*`, `a`, `a-b`, each with `/step`.
  bool read_item(std::uint64_t& values) {
    const std::size_t begin = at_;
    int first = kind_.lowest;
    int last = kind_.highest;
    bool open = true;  // goes on to the end of the range when there is a step
    if (peek() == '*' || (peek() == '?' && kind_.takes_question_mark)) {
      ++at_;
    } else {
      if (!read_value(first)) return false;
      last = first;
      if (peek() == '-') {
        ++at_;
        if (!read_value(last)) return false;
        open = false;
      }
    }
    // Sunday may end a week: 5-7, SAT-SUN.
    if (!open && kind_.highest == 7 && last == 0 && first > 0) last = 7;
    if (last < first) {
      return fail(begin, fmt::format("the range {} ends before it begins; write it as two, with a comma",
                                     shown(word_.text.substr(begin, at_ - begin))));
    }
    int step = 1;
    if (peek() == '/') {
      if (!read_step(step)) return false;
      if (open && last == first) last = kind_.highest;
    }
    // 7 is Sunday again: `*` must not reach it, or its steps would.
    if (kind_.highest == 7 && open && last == 7 && first < 7) last = 6;
    for (int value = first; value <= last; value += step) {
      values |= std::uint64_t{1} << (kind_.highest == 7 ? value % 7 : value);
    }
    return true;
  }

  bool read_step(int& step) {
    const std::size_t begin = ++at_;
    if (!read_number(step)) return false;
    const int most = kind_.highest == 7 ? 6 : kind_.highest;
    if (step >= 1 && step <= most) return true;
    return fail(begin, fmt::format("a step must be between 1 and {}", most));
  }

  bool read_value(int& value) {
    const std::size_t begin = at_;
    if (!is_digit(peek())) return read_name(value);
    if (!read_number(value)) return false;
    if (value >= kind_.lowest && value <= kind_.highest) return true;
    return fail(begin, fmt::format("{} is not between {} and {}", word_.text.substr(begin, at_ - begin), kind_.lowest,
                                   kind_.highest));
  }

  bool read_number(int& number) {
    if (!is_digit(peek())) return fail(at_, unexpected());
    const std::size_t begin = at_;
    number = 0;
    for (; is_digit(peek()); ++at_) number = std::min(number * 10 + (peek() - '0'), 100'000);
    if (at_ - begin <= 3) return true;
    return fail(begin, fmt::format("{} is too large", shown(word_.text.substr(begin, at_ - begin))));
  }

  bool read_name(int& value) {
    const std::string name = lower(word_.text.substr(at_, 3));
    const auto known = std::find(kind_.names.begin(), kind_.names.end(), name);
    if (name.empty() || known == kind_.names.end()) return fail(at_, unexpected());
    value = kind_.lowest + static_cast<int>(known - kind_.names.begin());
    at_ += 3;
    return true;
  }

  const FieldKind& kind_;
  Word word_;
  std::size_t at_ = 0;  // in the word
  Fault fault_;
};

bool begins_open(const Word& word) { return word.text.front() == '*' || word.text.front() == '?'; }

// The lowest value at or above `from`.
std::optional<int> at_least(std::uint64_t values, std::int64_t from) {
  if (from >= 64) return std::nullopt;
  const std::uint64_t left = values >> from << from;
  if (left == 0) return std::nullopt;
  return std::countr_zero(left);
}

Result<std::string_view> expand(std::string_view text) {
  const std::string name = lower(text);
  for (const auto& [nickname, meaning] : nicknames) {
    if (name == nickname) return meaning;
  }
  std::string hint = "use @yearly, @monthly, @weekly, @daily or @hourly";
  if (name.starts_with("@every")) hint = "use everyMs for a fixed interval";
  return validation_failed("cron", fmt::format("{} is not known; {}", shown(text), hint));
}

}  // namespace

Result<CronExpression> CronExpression::parse(std::string_view text) {
  if (text.size() > length_max) {
    return validation_failed("cron", fmt::format("A cron expression has at most {} characters", length_max));
  }
  auto words = split_words(text);
  if (words.size() == 1 && words[0].text.front() == '@') {
    auto meaning = expand(words[0].text);
    if (!meaning) return meaning.error();
    words = split_words(*meaning);
  }
  if (words.size() != 5 && words.size() != 6) {
    return validation_failed(
        "cron", fmt::format("A cron expression has five fields, minute hour day-of-month month day-of-week, or six "
                            "with the seconds first; this has {}",
                            words.size()));
  }
  CronExpression cron;
  const std::array<std::uint64_t*, 6> targets = {&cron.seconds_, &cron.minutes_, &cron.hours_,
                                                 &cron.days_,    &cron.months_,  &cron.weekdays_};
  const std::size_t skipped = 6 - words.size();
  std::vector<FieldError> faults;
  for (std::size_t index = 0; index < words.size(); ++index) {
    auto values = FieldReader(field_kinds[index + skipped], words[index]).read();
    if (values) {
      *targets[index + skipped] = *values;
    } else {
      faults.push_back(values.error().fields.at(0));
    }
  }
  if (!faults.empty()) return validation_failed(std::move(faults));
  cron.any_day_ = begins_open(words[3 - skipped]);
  cron.any_weekday_ = begins_open(words[5 - skipped]);
  return cron;
}

bool CronExpression::has_day(std::chrono::year_month_day date, local_days day) const {
  const bool day_fits = (days_ >> static_cast<unsigned>(date.day()) & 1) != 0;
  const bool weekday_fits = (weekdays_ >> std::chrono::weekday(day).c_encoding() & 1) != 0;
  return any_day_ || any_weekday_ ? day_fits && weekday_fits : day_fits || weekday_fits;
}

// The first time of day at or after `from`.
std::optional<seconds> CronExpression::next_time(seconds from) const {
  const std::chrono::hh_mm_ss time(from);
  auto hour = at_least(hours_, time.hours().count());
  if (!hour) return std::nullopt;
  std::int64_t minute_from = *hour == time.hours().count() ? time.minutes().count() : 0;
  std::int64_t second_from = *hour == time.hours().count() ? time.seconds().count() : 0;
  auto minute = at_least(minutes_, minute_from);
  if (minute && *minute > minute_from) second_from = 0;
  auto second = at_least(seconds_, second_from);
  if (minute && !second) {
    minute = at_least(minutes_, *minute + 1);
    second = at_least(seconds_, 0);
  }
  if (!minute) {
    hour = at_least(hours_, *hour + 1);
    if (!hour) return std::nullopt;
    minute = at_least(minutes_, 0);
    second = at_least(seconds_, 0);
  }
  return std::chrono::hours(*hour) + std::chrono::minutes(*minute) + seconds(*second);
}

std::optional<local_seconds> CronExpression::next(local_seconds from, local_seconds until) const {
  auto day = std::chrono::floor<days>(from);
  auto time = from - day;
  while (day < until) {
    const std::chrono::year_month_day date(day);
    if ((months_ >> static_cast<unsigned>(date.month()) & 1) == 0) {
      day = local_days((date.year() / date.month() + std::chrono::months(1)) / std::chrono::day(1));
    } else {
      const auto found = has_day(date, day) ? next_time(time) : std::nullopt;
      if (found) return day + *found < until ? std::optional(day + *found) : std::nullopt;
      day += days(1);
    }
    time = seconds(0);
  }
  return std::nullopt;
}

}  // namespace taskgate::jobs
