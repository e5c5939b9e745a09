#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace taskgate::handlers {

// What is wrong with the handlers file, and at which field or line; thrown while it is read.
struct Complaint {
  std::string where;
  std::string what;
};
[[noreturn]] void refuse(std::string where, std::string what);

// An object of the handlers file and its place in it. Its members are taken one by one; what is left at the end is
// unknown. All of these throw a Complaint where the file is wrong. The value outlives the section.
class FileSection {
 public:
  FileSection(const boost::json::value& value, std::string path);

  // A member's full name, for messages.
  [[nodiscard]] std::string place(std::string_view name) const;
  // Null when there is none.
  const boost::json::value* take(std::string_view name);
  std::int64_t number(std::string_view name, std::int64_t least, std::int64_t most, std::int64_t fallback);
  std::optional<std::string> text(std::string_view name);
  bool flag(std::string_view name);
  // Refuses what was not taken.
  void end() const;

  [[nodiscard]] const boost::json::object& object() const { return *object_; }

 private:
  [[nodiscard]] std::string known() const;

  std::string path_;
  const boost::json::object* object_ = nullptr;
  std::set<std::string> taken_;
};

}  // namespace taskgate::handlers
