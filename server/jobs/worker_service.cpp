#include "jobs/worker_service.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <random>

#include "base/log.h"
#include "jobs/job_type.h"
#include "jobs/system_job.h"
#include "jobs/worker_service_implementation.h"

namespace taskgate::jobs {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t name_characters_max = 128;
constexpr std::size_t types_max = 100;
constexpr std::int64_t claims_max = 1'000;
constexpr milliseconds wait_longest{30'000};
constexpr milliseconds lease_shortest{1'000};
constexpr milliseconds lease_longest = std::chrono::hours{1};

WorkerOptions completed(WorkerOptions options) {
  if (!options.random) {
    options.random = [] {
      thread_local std::mt19937_64 engine{std::random_device{}()};
      return std::uniform_real_distribution<double>{}(engine);
    };
  }
  if (!options.log_line) options.log_line = [](const std::string& line) { log::info(line); };
  if (!options.alarms) options.alarms = std::make_shared<AlarmSource>();
  return options;
}

std::vector<FieldError> faults_of(const WorkerClaim& claim, const std::string& own_worker) {
  std::vector<FieldError> faults;
  const auto length = printable_length(claim.worker);
  if (!length || *length < 1 || *length > name_characters_max) {
    faults.push_back({"worker", "worker must have 1 to 128 printable characters"});
  } else if (claim.worker == own_worker) {
    faults.push_back({"worker", "This name is the server's own"});
  }
  if (claim.types.empty() || claim.types.size() > types_max) {
    faults.push_back({"types", "Name 1 to 100 types"});
  }
  for (const auto& type : claim.types) {
    if (is_system_type(type)) {
      faults.push_back({"types", std::string(system_type_complaint)});
      break;
    }
    if (const auto normal = normalize_job_type(type); normal && *normal == type) continue;
    faults.push_back({"types", "Each type must be one that a job can have"});
    break;
  }
  if (claim.max < 1 || claim.max > claims_max) faults.push_back({"max", "max must be between 1 and 1000"});
  if (claim.wait.count() < 0 || claim.wait > wait_longest) {
    faults.push_back({"waitMs", "waitMs must be between 0 and 30000"});
  }
  if (claim.lease < lease_shortest || claim.lease > lease_longest) {
    faults.push_back({"leaseMs", "leaseMs must be between 1000 and 3600000"});
  }
  if (claim.settle.size() > WorkerService::items_max) faults.push_back({"settle", "At most 1000 settles at once"});
  if (claim.beat.size() > WorkerService::items_max) faults.push_back({"beat", "At most 1000 beats at once"});
  return faults;
}

// The poll's place in the waiting room and with its worker, until the claim has ended, however it does.
class Place {
 public:
  using Whole = WorkerService::Implementation;
  Place(Whole& whole, std::shared_ptr<WorkerPoll> poll, const Wanted& wanted, WorkerRegistry::Key key)
      : whole_(whole), poll_(std::move(poll)), key_(std::move(key)) {
    Whole::Access access(whole_);
    access.room().enter(poll_, wanted);
    access.registry().seen(key_, whole_.clock.now()).polls.insert(poll_);
  }
  ~Place() {
    Whole::Access access(whole_);
    access.room().leave(poll_, found_all_);
    access.registry().seen(key_, whole_.clock.now()).polls.erase(poll_);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  void asked(bool found_all) {
    found_all_ = found_all;
    Whole::Access access(whole_);
    WaitingRoom::asked(poll_);
  }
  // Whether it rests now, and when it has to look by itself.
  bool rest(std::optional<Time> next_due, std::optional<Time>& wake_at) {
    Whole::Access access(whole_);
    return access.room().rest(poll_, next_due, wake_at);
  }
  bool rise(Time now) {
    Whole::Access access(whole_);
    return access.room().rise(poll_, now);
  }
  std::vector<WorkerCancel> take_cancels() {
    Whole::Access access(whole_);
    return access.registry().take_cancels(key_);
  }

 private:
  Whole& whole_;
  std::shared_ptr<WorkerPoll> poll_;
  WorkerRegistry::Key key_;
  bool found_all_ = false;
};

}  // namespace

WorkerService::Implementation::Implementation(boost::asio::any_io_executor loop_to_use, JobStore& store_to_use,
                                              JobService& jobs_to_use, const Clock& clock_to_use, WorkerOptions chosen)
    : loop(std::move(loop_to_use)),
      store(store_to_use),
      jobs(jobs_to_use),
      clock(clock_to_use),
      options(completed(std::move(chosen))),
      leases(options.lease_secret) {}

void WorkerService::Implementation::note_types(const std::vector<std::string>& types, Time heard_until) {
  if (options.types) options.types->heard(types, heard_until, clock.now());
}

void WorkerService::Implementation::connect_signals() {
  const std::weak_ptr<Implementation> weak = weak_from_this();
  jobs.job_changed.connect([weak](const Job& job) {
    if (const auto self = weak.lock()) self->on_job_changed(job);
  });
  jobs.work_available.connect([weak] {
    if (const auto self = weak.lock()) self->on_work_available();
  });
}

namespace {

// A job that becomes ready is announced by job_changed, which says which, and then by work_available, which does not
// and is also sent when nobody knows which (a limit was lifted). Both come one after the other on one thread, so the
// second says nothing new after the first.
thread_local bool announced_by_name = false;

}  // namespace

void WorkerService::Implementation::on_job_changed(const Job& job) {
  const bool waits = job.status == JobStatus::pending && job.blocked_by == 0;
  announced_by_name = waits;
  if (!interested_) return;
  Access access(*this);
  access.registry().job_changed(job);
  if (!waits) return;
  const bool later = job.run_at && *job.run_at > clock.now();
  access.room().job_waits(job.type, job.user_id, later ? job.run_at : std::nullopt);
}

void WorkerService::Implementation::on_work_available() {
  if (std::exchange(announced_by_name, false) || !interested_) return;
  Access access(*this);
  access.room().look_again();
}

WorkerService::WorkerService(boost::asio::any_io_executor loop, JobStore& store, JobService& jobs, const Clock& clock,
                             WorkerOptions options)
    : implementation_(std::make_shared<Implementation>(std::move(loop), store, jobs, clock, std::move(options))) {
  implementation_->connect_signals();
}

WorkerService::~WorkerService() = default;

Awaitable<Result<WorkerClaimAnswer>> WorkerService::claim(Principal caller, WorkerClaim claim,
                                                          std::shared_ptr<WorkerPoll> poll) {
  const auto my = implementation_;
  auto faults = faults_of(claim, my->options.own_worker);
  if (!faults.empty()) co_return validation_failed(std::move(faults));
  WorkerClaimAnswer answer;
  if (!claim.settle.empty()) answer.settled = co_await settle(caller, std::move(claim.settle));
  if (!claim.beat.empty()) answer.beats = co_await beat(caller, std::move(claim.beat));

  auto loop = co_await boost::asio::this_coro::executor;
  poll->begin(loop, my->options.alarms->make_alarm(loop));
  std::sort(claim.types.begin(), claim.types.end());
  claim.types.erase(std::unique(claim.types.begin(), claim.types.end()), claim.types.end());
  const bool all_users = caller.key && caller.key->all_users;
  Scope scope;
  if (!all_users) scope.user = caller.user_id;
  const WorkerRegistry::Key key{caller.user_id, claim.worker};
  {
    Implementation::Access access(*my);
    auto& worker = access.registry().seen(key, my->clock.now());
    worker.all_users = all_users;
    worker.types = claim.types;
  }
  my->note_types(claim.types, my->clock.now() + claim.wait);
  Place place(*my, poll, Wanted{scope.user, claim.types}, key);
  const Time until = my->clock.now() + claim.wait;
  const auto max = static_cast<std::size_t>(claim.max);
  std::vector<Job> jobs;
  std::map<JobId, std::string> checkpoints;
  bool over = false;
  while (!over && !poll->gone() && !my->draining) {
    ClaimRequest request{claim.worker, {claim.types, false}, max, claim.lease, scope, caller.user_id};
    auto call = my->store.claim(std::move(request), my->clock.now());
    Claim claimed = co_await std::move(call);
    const bool ended_early = !claimed.jobs.empty() && claimed.next_due && *claimed.next_due <= my->clock.now();
    place.asked(claimed.jobs.size() == max || ended_early);
    jobs = std::move(claimed.jobs);
    checkpoints = std::move(claimed.checkpoints);
    answer.cancels = place.take_cancels();
    over = !jobs.empty() || !answer.cancels.empty() || my->clock.now() >= until;
    std::optional<Time> wake_at;
    if (over || !place.rest(claimed.next_due, wake_at)) continue;
    bool risen = false;
    while (!over && !risen && !poll->gone()) {
      const Time end = wake_at ? std::min(*wake_at, until) : until;
      const auto left = std::clamp<milliseconds>(end - my->clock.now(), milliseconds{0}, claim.wait);
      co_await poll->wait(left);
      answer.cancels = place.take_cancels();
      risen = place.rise(my->clock.now());
      over = !answer.cancels.empty() || (!risen && my->clock.now() >= until);
    }
  }
  answer.drain = my->draining;
  if (poll->gone()) {
    co_await my->hand_back(std::move(jobs));
    co_return answer;
  }
  {
    Implementation::Access access(*my);
    for (Job& job : jobs) {
      std::string data = std::exchange(job.data, {});  // which is not to be copied
      access.registry().hold(key, job);
      job.data = std::move(data);
    }
  }
  std::vector<std::string> held;
  for (const Job& job : jobs) {
    if (held.empty() || held.back() != job.type) held.push_back(job.type);
  }
  if (!held.empty()) my->note_types(held, my->clock.now() + claim.lease);
  answer.jobs.reserve(jobs.size());
  for (Job& job : jobs) {
    my->jobs.job_changed(job);
    auto lease = my->leases.encode({job.id, job.fence, caller.user_id, claim.lease, claim.worker});
    std::optional<std::string> checkpoint;
    if (const auto left = checkpoints.find(job.id); left != checkpoints.end()) checkpoint = std::move(left->second);
    answer.jobs.push_back({std::move(job), std::move(lease), std::move(checkpoint)});
  }
  co_return answer;
}

Awaitable<std::size_t> WorkerService::bye(Principal caller, std::string worker) {
  const auto my = implementation_;
  const WorkerRegistry::Key key{caller.user_id, worker};
  std::vector<HeldJob> held;
  {
    Implementation::Access access(*my);
    held = access.registry().held_by(key);
  }
  auto call = my->store.release_held(caller.user_id, std::move(worker), my->clock.now());
  const auto released = co_await std::move(call);
  {
    Implementation::Access access(*my);
    for (const HeldJob& each : held) access.registry().drop(each.job.id, each.job.fence);
    (void)access.registry().take_cancels(key);
  }
  for (const Job& job : released) my->jobs.job_changed(job);
  if (!released.empty()) my->jobs.work_available();
  co_return released.size();
}

bool WorkerService::serves(const UserId& user, std::string_view type) const {
  constexpr std::chrono::minutes presence{1};
  const Time now = implementation_->clock.now();
  Implementation::Access access(*implementation_);
  const auto& workers = access.registry().workers();
  return std::any_of(workers.begin(), workers.end(), [&](const auto& each) {
    const auto& [key, worker] = each;
    const bool is_there = !worker.polls.empty() || now - worker.seen_at < presence;
    const bool takes_user = worker.all_users || key.first == user;
    return is_there && takes_user && std::find(worker.types.begin(), worker.types.end(), type) != worker.types.end();
  });
}

Result<std::vector<WorkerView>> WorkerService::list(const Principal& caller) {
  if (!caller.is_admin()) {
    return Error{ErrorCode::forbidden, "admin_only", "Only administrators may do this", {}, std::nullopt};
  }
  Implementation::Access access(*implementation_);
  access.registry().tidy(implementation_->clock.now());
  std::vector<WorkerView> views;
  for (const auto& [key, worker] : access.registry().workers()) {
    WorkerView view{key.second, key.first, worker.all_users, worker.types, worker.seen_at, !worker.polls.empty(), {}};
    for (HeldJob& held : access.registry().held_by(key)) view.jobs.push_back(std::move(held.job));
    views.push_back(std::move(view));
  }
  return views;
}

void WorkerService::drain() {
  implementation_->draining = true;
  Implementation::Access access(*implementation_);
  access.room().wake_all();
}

}  // namespace taskgate::jobs
