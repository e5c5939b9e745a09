#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "jobs/job.h"

namespace taskgate::jobs {

// Whose jobs a reader may see: one user's, or everybody's (admins, the engine itself). The server's own jobs belong to
// `system_owner` (system_job.h).
struct Scope {
  std::optional<UserId> user;        // nothing: all users, and the server
  std::optional<UserId> actor = {};  // who asks, for the job's history; nothing: the engine itself
};

// Some of the statuses; at first all of them.
class JobStatusSet {
 public:
  constexpr JobStatusSet() = default;
  constexpr JobStatusSet(JobStatus only) : bits_(bit(only)) {}  // NOLINT(google-explicit-constructor)
  constexpr JobStatusSet(std::initializer_list<JobStatus> only) : bits_(0) {
    for (const JobStatus each : only) bits_ = static_cast<std::uint8_t>(bits_ | bit(each));
  }
  [[nodiscard]] static constexpr JobStatusSet none() {
    JobStatusSet set;
    set.bits_ = 0;
    return set;
  }

  constexpr void add(JobStatus status) { bits_ = static_cast<std::uint8_t>(bits_ | bit(status)); }
  [[nodiscard]] constexpr bool has(JobStatus status) const { return (bits_ & bit(status)) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  [[nodiscard]] constexpr JobStatusSet intersection(JobStatusSet other) const {
    other.bits_ = static_cast<std::uint8_t>(other.bits_ & bits_);
    return other;
  }
  bool operator==(const JobStatusSet&) const = default;

 private:
  static constexpr std::uint8_t bit(JobStatus status) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(status));
  }
  std::uint8_t bits_ = 0b11111;
};

// Which jobs are meant: those for which all of it holds.
struct JobFilter {
  JobStatusSet statuses = {};
  std::optional<std::string> type = std::nullopt;  // exact
  std::optional<std::string> text = std::nullopt;  // part of the type, of a tag or of the error; ASCII without case
  std::optional<std::string> tag = std::nullopt;   // one of its tags, exact
  std::optional<std::string> queue = std::nullopt;
  std::optional<Time> created_from = std::nullopt;    // then or later, by the job's id
  std::optional<Time> created_before = std::nullopt;  // likewise
};

[[nodiscard]] bool matches(const JobFilter& filter, const Job& job);
// How many of the counted jobs have one of the statuses.
[[nodiscard]] std::int64_t number_of(const JobCounts& counts, JobStatusSet statuses);

// A part of a list, newest first. `next` is set when there may be more: give it as `before` for the next part. An
// engine that would have to look at very many jobs to fill the part ends it early, with few jobs or none, and goes on
// from there with `next`: no question occupies it for long.
struct JobPage {
  std::vector<Job> jobs;
  std::optional<JobId> next;
};
struct JobIdPage {
  std::vector<JobId> ids;
  std::optional<JobId> next;
};

}  // namespace taskgate::jobs
