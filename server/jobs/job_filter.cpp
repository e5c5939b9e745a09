#include "jobs/job_filter.h"

#include <algorithm>
#include <string_view>

#include "base/job_id_time.h"

namespace taskgate::jobs {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool contains(std::string_view text, std::string_view part) {
  const auto same = [](char a, char b) { return lower(a) == lower(b); };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

bool mentions(const Job& job, std::string_view text) {
  return contains(job.type, text) || (job.error && contains(*job.error, text)) ||
         std::any_of(job.tags.begin(), job.tags.end(), [text](const auto& tag) { return contains(tag, text); });
}

}  // namespace

bool matches(const JobFilter& filter, const Job& job) {
  if (!filter.statuses.has(job.status)) return false;
  if (filter.type && *filter.type != job.type) return false;
  if (filter.queue && *filter.queue != job.queue) return false;
  if (filter.tag && std::find(job.tags.begin(), job.tags.end(), *filter.tag) == job.tags.end()) return false;
  if (filter.created_from && job.id < first_job_id_at(*filter.created_from)) return false;
  if (filter.created_before && job.id >= first_job_id_at(*filter.created_before)) return false;
  return !filter.text || mentions(job, *filter.text);
}

std::int64_t number_of(const JobCounts& counts, JobStatusSet statuses) {
  std::int64_t number = 0;
  if (statuses.has(JobStatus::pending)) number += counts.pending;
  if (statuses.has(JobStatus::processing)) number += counts.processing;
  if (statuses.has(JobStatus::completed)) number += counts.completed;
  if (statuses.has(JobStatus::failed)) number += counts.failed;
  if (statuses.has(JobStatus::cancelled)) number += counts.cancelled;
  return number;
}

}  // namespace taskgate::jobs
