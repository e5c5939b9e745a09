#include "app/job_commands.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json/object.hpp>
#include <filesystem>
#include <iostream>
#include <memory>

#include "base/async.h"
#include "base/json.h"
#include "base/printable.h"
#include "handlers/http_post.h"
#include "store/sqlite/sqlite_store.h"

namespace taskgate::app {

namespace {

using jobs::Job;

constexpr std::size_t jobs_per_page = 500;

enum class Act { cancel, retry };

std::unique_ptr<sqlite::SqliteStore> open_store(const Config& config, sqlite::Access access) {
  const auto file = std::filesystem::path(config.data_dir) / "taskgate.db";
  if (!std::filesystem::exists(file)) {
    throw std::runtime_error(
        fmt::format("There is no database in {}: check --data-dir (or DATA_DIR).", config.data_dir));
  }
  sqlite::SqliteStoreOptions options;
  options.folder = config.data_dir;
  options.access = access;
  options.fair_share_every = config.fair_share_every;
  return std::make_unique<sqlite::SqliteStore>(options);
}

// The queue of a folder that no server runs on.
std::unique_ptr<sqlite::SqliteStore> open_queue(const Config& config) {
  try {
    return open_store(config, sqlite::Access::server);
  } catch (const sqlite::FolderInUse&) {
    throw std::runtime_error(
        fmt::format("A server is running on {} and holds its queue in memory, so only it may change jobs: name it with "
                    "--server URL --key KEY, or stop it first.",
                    config.data_dir));
  }
}

JobId job_id_of(const std::string& text) {
  const auto id = parse_job_id(text);
  if (!id) throw std::runtime_error(fmt::format("\"{}\" is no job id: it has 16 hexadecimal digits.", text));
  return *id;
}

std::string shown(Time time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::time_point_cast<std::chrono::seconds>(time)));
}
std::string shown(const std::optional<Time>& time) { return time ? shown(*time) : "-"; }

// What users have written, without what a terminal would obey.
std::string shown(std::string_view text) { return to_printable(text); }

jobs::Scope scope_of(sqlite::SqliteStore& store, const std::string& email) {
  if (email.empty()) return {};
  const auto user = run_to_completion(store.accounts().find_user_by_email(email));
  if (!user) throw std::runtime_error(fmt::format("There is no account {}.", email));
  return {user->id};
}

jobs::JobFilter filter_of(const JobListArguments& arguments) {
  jobs::JobFilter filter;
  if (!arguments.status.empty()) {
    const auto status = jobs::parse_job_status(arguments.status);
    if (!status) {
      throw std::runtime_error(fmt::format(
          "\"{}\" is no status: use pending, processing, completed, failed or cancelled.", arguments.status));
    }
    filter.statuses = *status;
  }
  if (!arguments.type.empty()) filter.type = arguments.type;
  if (!arguments.text.empty()) filter.text = arguments.text;
  return filter;
}

void print_row(const Job& job) {
  std::cout << fmt::format("{:<16}  {:<10}  {:>8}  {:<20}  {:<24}  {}\n", to_string(job.id), to_string(job.status),
                           job.attempts, shown(job.updated_at), to_string(job.user_id), shown(job.type));
}

void print_line(std::string_view name, const std::string& value) {
  std::cout << fmt::format("{:<12} {}\n", name, value);
}

void print_job(const Job& job) {
  print_line("id", to_string(job.id));
  print_line("type", shown(job.type));
  print_line("status", std::string(to_string(job.status)));
  print_line("user", to_string(job.user_id));
  print_line("queue", shown(job.queue));
  print_line("priority", fmt::format("{}", job.priority));
  if (!job.tags.empty()) print_line("tags", shown(fmt::format("{}", fmt::join(job.tags, ", "))));
  print_line("created", shown(job.created_at));
  if (job.run_at) print_line("not before", shown(job.run_at));
  if (job.blocked_by > 0) print_line("waits for", fmt::format("{} other jobs", job.blocked_by));
  if (job.started_at) print_line("started", shown(job.started_at));
  if (job.completed_at) print_line("ended", shown(job.completed_at));
  if (job.worker) print_line("worker", shown(*job.worker) + ", lease until " + shown(job.lease_expires_at));
  print_line("retries", fmt::format("{} of {}", job.retries, job.max_retries));
  if (job.crashes > 0) print_line("crashes", fmt::format("{}", job.crashes));
  print_line("progress", fmt::format("{} %", job.progress));
  if (job.error) print_line("error", shown(*job.error));
  print_line("data", shown(job.data));
  if (job.result) print_line("result", shown(*job.result));
}

void print_attempts(const std::vector<jobs::Attempt>& attempts) {
  for (const auto& attempt : attempts) {
    const auto outcome = attempt.outcome ? std::string(to_string(*attempt.outcome)) : "running";
    std::cout << fmt::format("attempt {:<4} {:<10} {} to {} by {}{}\n", attempt.attempt, outcome,
                             shown(attempt.started_at), shown(attempt.ended_at), shown(attempt.worker),
                             attempt.error ? ": " + shown(*attempt.error) : "");
  }
}

std::string_view done(Act act) { return act == Act::cancel ? "cancelled" : "pending again"; }

// The sentence of an answer's error.
std::string message_of(const handlers::HttpAnswer& answer) {
  if (answer.status == 0) return answer.error;
  const auto body = parse_json(answer.body);
  const auto* object = body && body->is_object() ? &body->get_object() : nullptr;
  const auto* message = object == nullptr ? nullptr : object->if_contains("message");
  if (message == nullptr || !message->is_string()) return fmt::format("the server answered {}", answer.status);
  const auto& text = message->get_string();
  return shown(std::string_view(text.data(), text.size()));
}

// Asks the server that runs. The sentence when it refuses.
std::optional<std::string> ask(const ServerAddress& server, Act act, JobId id) {
  auto url = server.url;
  while (url.ends_with('/')) url.pop_back();
  if (const auto complaint = handlers::url_complaint(url)) throw std::runtime_error("--server " + *complaint + ".");
  handlers::HttpPost request;
  request.url = fmt::format("{}/api/jobs/{}/{}", url, to_string(id), act == Act::cancel ? "cancel" : "retry");
  request.headers = {"Authorization: Bearer " + server.key, "Content-Type: application/json"};
  request.body = "{}";
  request.allow_private = true;  // the operator names the address
  const handlers::StopSignal never;
  const auto answer = handlers::post(request, never);
  if (answer.status == 200) return std::nullopt;
  return message_of(answer);
}

std::optional<std::string> change(jobs::JobStore& store, Act act, JobId id, Time now) {
  auto verb = act == Act::cancel ? store.cancel({}, id, now) : store.retry({}, id, now);
  const auto changed = run_to_completion(std::move(verb));
  if (changed) return std::nullopt;
  return changed.error().message;
}

int change_jobs(const Config& config, const std::vector<std::string>& ids, const ServerAddress& server, Act act) {
  std::vector<JobId> wanted;
  for (const auto& id : ids) wanted.push_back(job_id_of(id));
  if (!server.url.empty() && server.key.empty()) {
    throw std::runtime_error("--server needs an API key with the scope jobs:write: --key, or TASKGATE_API_KEY.");
  }
  const SystemClock clock;
  const auto store = server.url.empty() ? open_queue(config) : nullptr;
  int code = 0;
  for (const JobId id : wanted) {
    const auto refusal = store ? change(store->jobs(), act, id, clock.now()) : ask(server, act, id);
    if (refusal) code = 1;
    (refusal ? std::cerr : std::cout) << fmt::format("{}: {}\n", to_string(id),
                                                     refusal.value_or(std::string(done(act))));
  }
  return code;
}

}  // namespace

int list_jobs_command(const Config& config, const JobListArguments& arguments) {
  const auto filter = filter_of(arguments);
  auto before = arguments.before.empty() ? std::nullopt : std::optional(job_id_of(arguments.before));
  const auto store = open_store(config, sqlite::Access::accounts_only);
  const auto scope = scope_of(*store, arguments.user);
  std::cout << fmt::format("{:<16}  {:<10}  {:>8}  {:<20}  {:<24}  {}\n", "ID", "STATUS", "ATTEMPTS", "CHANGED", "USER",
                           "TYPE");
  std::size_t left = arguments.limit;
  do {
    const auto page = run_to_completion(store->jobs().list(scope, filter, std::min(left, jobs_per_page), before));
    for (const Job& job : page.jobs) print_row(job);
    left -= page.jobs.size();
    before = page.next;
  } while (before && left > 0);
  if (before) std::cout << fmt::format("There are more: --before {}, or a larger --limit.\n", to_string(*before));
  return 0;
}

int show_job_command(const Config& config, const std::string& text) {
  const JobId id = job_id_of(text);
  const auto store = open_store(config, sqlite::Access::accounts_only);
  const auto job = run_to_completion(store->jobs().get({}, id));
  if (!job) throw std::runtime_error(fmt::format("There is no job {}.", text));
  print_job(*job);
  const auto attempts = run_to_completion(store->jobs().attempts({}, id));
  if (attempts) print_attempts(*attempts);
  return 0;
}

int cancel_jobs_command(const Config& config, const std::vector<std::string>& ids, const ServerAddress& server) {
  return change_jobs(config, ids, server, Act::cancel);
}

int retry_jobs_command(const Config& config, const std::vector<std::string>& ids, const ServerAddress& server) {
  return change_jobs(config, ids, server, Act::retry);
}

}  // namespace taskgate::app
