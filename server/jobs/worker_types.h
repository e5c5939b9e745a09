#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace taskgate::jobs {

// The types of jobs that workers outside this program ask for, or did so lately: what stands in for absent handlers
// leaves them alone, whoever's jobs they are, so that a worker which is started again finds its work untouched. A type
// is left alone until `grace` after it was last heard of. Thread-safe.
class WorkerTypes {
 public:
  static constexpr std::chrono::minutes grace{10};
  static constexpr std::size_t types_max = 1'000;  // further ones are not remembered

  // Keeps `text` for the next start of the program.
  using Save = std::function<void(const std::string& text)>;

  // `saved` is what was last given to `save`; lines that make no sense are skipped. `save` is called when a type is
  // new, and once a minute while any is heard of; one call at a time.
  explicit WorkerTypes(std::string_view saved = {}, Save save = {});

  // A worker asks for these now, or has one of them in its hands until `heard_until`.
  void heard(const std::vector<std::string>& types, Time heard_until, Time now);

  struct LeftAlone {
    std::vector<std::string> types;
    std::optional<Time> until;  // when the first of them stops being left alone; nothing when there are none
  };
  [[nodiscard]] LeftAlone at(Time now) const;
  [[nodiscard]] bool leaves_alone(std::string_view type, Time now) const;

 private:
  void save_now(Time now);

  mutable std::mutex mutex_;
  std::map<std::string, Time, std::less<>> heard_until_;
  Save save_;
  Time saved_at_{};
};

}  // namespace taskgate::jobs
