#include "base/time_zone.h"

#include <cctz/civil_time.h>
#include <cctz/time_zone.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <utility>

#include "base/printable.h"

namespace taskgate {
namespace {

constexpr std::string_view zone_folder = "/usr/share/zoneinfo";
constexpr std::size_t name_length_max = 64;
constexpr std::size_t shown_length_max = 64;

bool is_zone_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '+' ||
           c == '-' || c == '/';
  };
  if (name.empty() || name.size() > name_length_max || name.front() == '/' || name.back() == '/') return false;
  return std::all_of(name.begin(), name.end(), allowed) && name.find("//") == std::string_view::npos;
}

// Files of the folder that are no zones of the world: other countings of seconds, the machine's own choice.
bool is_internal(std::string_view name) {
  constexpr std::array<std::string_view, 3> files = {"posixrules", "localtime", "Factory"};
  return name.starts_with("posix/") || name.starts_with("right/") ||
         std::find(files.begin(), files.end(), name) != files.end();
}

// Looked at before the library is asked: it remembers every name it ever failed to find.
bool is_zone_file(const std::filesystem::path& path) {
  std::error_code failure;
  if (!std::filesystem::is_regular_file(path, failure)) return false;
  std::array<char, 4> head{};
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), head.size());
  return file && std::string_view(head.data(), head.size()) == "TZif";
}

Error unknown_zone(std::string_view name) {
  std::error_code failure;
  if (!std::filesystem::exists(zone_folder, failure)) {
    return validation_failed(
        "timeZone", "This server has no time zone data, so it knows only UTC; its operator can install tzdata");
  }
  const auto shown = to_printable(name.substr(0, shown_length_max));
  return validation_failed("timeZone",
                           "There is no time zone \"" + shown + "\"; use an IANA name like Europe/Berlin or UTC");
}

using Seconds = cctz::time_point<cctz::seconds>;

Seconds to_library(Time time) {
  return Seconds(cctz::seconds(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count()));
}

Time from_library(Seconds seconds) { return Time(std::chrono::seconds(seconds.time_since_epoch().count())); }

// What a clock on the wall shows, as seconds since 1970 of its own.
std::chrono::seconds local(const cctz::civil_second& civil) {
  return std::chrono::seconds(civil - cctz::civil_second());
}

}  // namespace

struct TimeZone::Rules {
  std::string name;
  cctz::time_zone zone;
};

Result<TimeZone> TimeZone::find(std::string_view name) {
  static std::mutex mutex;
  static std::map<std::string, TimeZone, std::less<>> found;
  const std::lock_guard lock(mutex);
  const auto known = found.find(name);
  if (known != found.end()) return known->second;
  auto rules = std::make_shared<Rules>();
  rules->name = std::string(name);
  if (name == "UTC") {
    rules->zone = cctz::utc_time_zone();
  } else if (!is_zone_name(name) || is_internal(name) ||
             !is_zone_file(std::filesystem::path(zone_folder) / rules->name) ||
             !cctz::load_time_zone(rules->name, &rules->zone)) {
    return unknown_zone(name);
  }
  return found.emplace(rules->name, TimeZone(rules)).first->second;
}

TimeZone TimeZone::utc() { return find("UTC").value(); }

const std::string& TimeZone::name() const { return rules_->name; }

TimeZone::Stretch TimeZone::stretch_at(Time time) const {
  const cctz::time_zone& zone = rules_->zone;
  const Seconds at = to_library(time);
  Stretch stretch;
  stretch.offset = std::chrono::seconds(zone.lookup(at).offset);
  stretch.offset_before = stretch.offset;
  cctz::time_zone::civil_transition jump;
  if (zone.prev_transition(at + cctz::seconds(1), &jump)) {
    const Time begin = from_library(zone.lookup(jump.to).trans);
    stretch.begin = begin;
    stretch.offset_before = local(jump.from) - std::chrono::floor<std::chrono::seconds>(begin).time_since_epoch();
  }
  if (zone.next_transition(at, &jump)) stretch.end = from_library(zone.lookup(jump.to).trans);
  return stretch;
}

}  // namespace taskgate
