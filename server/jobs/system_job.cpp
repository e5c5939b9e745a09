#include "jobs/system_job.h"

#include <algorithm>

namespace taskgate::jobs {
namespace {

constexpr std::string_view prefix = "taskgate.";
constexpr std::chrono::minutes longest_pause{10};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool is_system_type(std::string_view type) {
  return type.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), type.begin(), [](char a, char b) { return a == lower(b); });
}

Job mail_job(JobId id, std::string data, std::string sealed, Time useful_until, Time now) {
  Job job;
  job.id = id;
  job.user_id = system_owner;
  job.type = mail_type;
  job.queue = system_queue;
  job.data = std::move(data);
  if (!sealed.empty()) job.sealed = std::move(sealed);
  job.terms.expires_at = useful_until;
  job.terms.retry_until = useful_until;
  job.terms.backoff.emplace().longest = longest_pause;
  job.created_at = job.updated_at = now;
  return job;
}

}  // namespace taskgate::jobs
