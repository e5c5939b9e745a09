#include "store/sqlite/job_walk.h"

#include <algorithm>
#include <limits>

#include "base/job_id_time.h"
#include "base/json.h"
#include "store/sqlite/like_pattern.h"

namespace taskgate::sqlite {
namespace {

using jobs::JobFilter;
using jobs::JobStatus;
using jobs::JobStatusSet;
using jobs::Scope;

constexpr auto every_status = {JobStatus::pending, JobStatus::processing, JobStatus::completed, JobStatus::failed,
                               JobStatus::cancelled};

// Tags are stored as a JSON array, so a tag is found by the way it is written there.
std::string as_json(const std::string& text) {
  JsonWriter writer;
  writer.string(text);
  return writer.take();
}

std::string in_quotes(const std::string& json) { return json.substr(1, json.size() - 2); }

std::string condition_on_status(JobStatusSet statuses) {
  std::string list;
  for (const JobStatus each : every_status) {
    if (statuses.has(each)) list += (list.empty() ? "" : ",") + std::to_string(static_cast<int>(each));
  }
  return "status IN (" + list + ")";
}

std::string condition_on_rest(const JobFilter& filter) {
  std::string condition = "true";
  if (filter.type) condition += " AND type = ?2";
  if (filter.queue) condition += " AND coalesce(queue, 'default') = ?3";
  if (filter.tag) condition += " AND tags IS NOT NULL AND instr(tags, ?4) > 0";
  if (filter.text) {
    condition +=
        " AND (type LIKE ?5 ESCAPE '\\' OR coalesce(error LIKE ?5 ESCAPE '\\', false) OR "
        "coalesce(tags LIKE ?6 ESCAPE '\\', false))";
  }
  return condition;
}

JobId earlier(std::optional<JobId> one, JobId other) { return one ? std::min(*one, other) : other; }

}  // namespace

JobWalk::JobWalk(Database& database, const Scope& scope, const JobFilter& filter, std::optional<JobId> before,
                 std::int64_t total, std::int64_t short_walk)
    : step_cost_(scope.user || !filter.statuses.has(JobStatus::completed) ? scattered_step_cost : 1) {
  if (filter.tag) tag_ = as_json(*filter.tag);
  if (filter.text) {
    pattern_ = like_pattern(*filter.text);
    pattern_in_tags_ = like_pattern(in_quotes(as_json(*filter.text)));
  }
  constexpr auto newest = JobId{static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())};
  from_ = filter.created_from ? first_job_id_at(*filter.created_from) : JobId{};
  before_ = earlier(before, newest);
  if (filter.created_before) before_ = std::min(before_, first_job_id_at(*filter.created_before));

  for (const auto& sql : statements(scope, filter, total, short_walk)) {
    Source source{database.statement(sql).query(scope.user, filter.type, filter.queue, tag_, pattern_, pattern_in_tags_,
                                                from_, before_),
                  std::nullopt};
    advance(source);
    sources_.push_back(std::move(source));
  }
}

std::vector<std::string> JobWalk::statements(const Scope& scope, const JobFilter& filter, std::int64_t total,
                                             std::int64_t short_walk) {
  const std::string of_status =
      condition_on_status(filter.statuses) +
      (scope.user ? " AND user_id = ?1" : " AND user_id <> zeroblob(12)");  // not the server's own
  const auto along = [&](std::string_view rows) {
    return fmt::format("SELECT id, {}, {} FROM jobs {} AND id >= ?7 AND id < ?8 ORDER BY id DESC", of_status,
                       condition_on_rest(filter), rows);
  };
  const auto statuses = filter.statuses;
  if (statuses.has(JobStatus::completed) || (scope.user && total <= short_walk)) {
    return {along(scope.user ? "INDEXED BY jobs_by_user WHERE user_id = ?1" : "NOT INDEXED WHERE true")};
  }
  std::vector<std::string> several;
  if (statuses.has(JobStatus::pending) || statuses.has(JobStatus::processing)) {
    several.push_back(along("INDEXED BY jobs_live WHERE completed_at IS NULL"));
  }
  for (const JobStatus each : {JobStatus::failed, JobStatus::cancelled}) {
    if (!statuses.has(each)) continue;
    // The second condition is what the index is about. Named first, it would be what is searched for, and then sorted.
    const char* index =
        scope.user ? "INDEXED BY jobs_stopped_by_user WHERE user_id = ?1 AND" : "INDEXED BY jobs_stopped WHERE";
    several.push_back(along(fmt::format("{} status = {} AND status >= 3", index, static_cast<int>(each))));
  }
  return several;
}

void JobWalk::advance(Source& source) {
  source.step.reset();
  if (!source.rows.next()) return;
  const bool of_status = source.rows.small(1) != 0;
  source.step = Step{source.rows.job_id(0), of_status, of_status && source.rows.small(2) != 0};
}

std::optional<JobWalk::Step> JobWalk::next() {
  Source* newest = nullptr;
  for (Source& each : sources_) {
    if (each.step && (newest == nullptr || each.step->id > newest->step->id)) newest = &each;
  }
  if (newest == nullptr) return std::nullopt;
  const auto step = newest->step;
  advance(*newest);
  return step;
}

}  // namespace taskgate::sqlite
