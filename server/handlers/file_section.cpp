#include "handlers/file_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace taskgate::handlers {

namespace json = boost::json;

void refuse(std::string where, std::string what) { throw Complaint{std::move(where), std::move(what)}; }

FileSection::FileSection(const json::value& value, std::string path) : path_(std::move(path)) {
  if (!value.is_object()) refuse(path_.empty() ? "the file" : path_, "must be an object");
  object_ = &value.get_object();
}

std::string FileSection::place(std::string_view name) const {
  const bool is_word = std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
  const auto shown = is_word && !name.empty() ? std::string(name) : fmt::format("\"{}\"", name);
  return path_.empty() ? shown : path_ + "." + shown;
}

const json::value* FileSection::take(std::string_view name) {
  taken_.emplace(name);
  return object_->if_contains(json::string_view(name.data(), name.size()));
}

std::int64_t FileSection::number(std::string_view name, std::int64_t least, std::int64_t most, std::int64_t fallback) {
  const json::value* value = take(name);
  if (value == nullptr) return fallback;
  if (!value->is_int64() || value->get_int64() < least || value->get_int64() > most) {
    refuse(place(name), fmt::format("must be a whole number from {} to {}", least, most));
  }
  return value->get_int64();
}

std::optional<std::string> FileSection::text(std::string_view name) {
  const json::value* value = take(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) refuse(place(name), "must be a string");
  return std::string(value->get_string().data(), value->get_string().size());
}

bool FileSection::flag(std::string_view name) {
  const json::value* value = take(name);
  if (value == nullptr) return false;
  if (!value->is_bool()) refuse(place(name), "must be true or false");
  return value->get_bool();
}

void FileSection::end() const {
  for (const auto& member : *object_) {
    const std::string name(member.key().data(), member.key().size());
    if (!taken_.contains(name)) refuse(place(name), fmt::format("is unknown; known are {}", known()));
  }
}

std::string FileSection::known() const {
  std::string names;
  for (const auto& name : taken_) names += (names.empty() ? "" : ", ") + name;
  return names;
}

}  // namespace taskgate::handlers
