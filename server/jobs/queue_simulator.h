#pragma once

#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "jobs/queue_model.h"
#include "jobs/turn_referee.h"

namespace taskgate::jobs {

// An engine whose disk breaks and whose program dies on demand.
class SimulatedEngine {
 public:
  virtual ~SimulatedEngine() = default;
  virtual JobStore& store() = 0;
  // The verb that follows finds the disk broken from its so-manieth write on (0: the first), until repair().
  virtual void break_at(int write) = 0;
  virtual void repair() = 0;
  // kill -9 and a new start, on a disk that works: what was acknowledged must still be there.
  virtual void restart() = 0;
  // To be called with what the store's `job_followed` tells.
  std::function<void(const Job&)> followed;
};

// Plays one seeded history against an engine: users submit, repeat themselves, cancel, change and retry; operators set
// limits, rates, weights and pauses; workers claim, stall, return and settle twice; answers are lost; the clock jumps
// both ways; leases and deadlines run out; the disk breaks, and the program dies at any write and recovers. A model
// knows after every step what must be in the store; the first difference is thrown as Violation, and the same seed
// plays the same history again. For tests; works on any engine.
class QueueSimulator {
 public:
  using Violation = QueueModel::Violation;

  QueueSimulator(SimulatedEngine& engine, std::uint64_t seed) : engine_(engine), random_(seed) {
    engine_.followed = [this](const Job& job) { followed_.insert(job.id); };
  }
  ~QueueSimulator() { engine_.followed = nullptr; }
  QueueSimulator(const QueueSimulator&) = delete;
  QueueSimulator& operator=(const QueueSimulator&) = delete;

  void run(int steps) {
    for (int step = 0; step < steps; ++step) {
      try {
        take_a_step();
        look();
      } catch (const Violation& violation) {
        throw Violation("step " + std::to_string(step) + ": " + violation.what());
      }
    }
  }

 private:
  static constexpr int jobs_max = 14;
  static constexpr std::chrono::milliseconds lease{30'000};

  struct HeldLease {
    JobId id;
    std::int64_t fence;
  };
  enum class Fault { none, outage, death };

  template <class T>
  static T wait_for(Awaitable<T> task) {
    return run_to_completion(std::move(task));
  }
  static void require(bool holds, const std::string& what) { QueueModel::require(holds, what); }
  int below(int bound) { return static_cast<int>(random_() % static_cast<unsigned>(bound)); }
  bool one_in(int bound) { return below(bound) == 0; }
  std::chrono::milliseconds seconds_below(int bound) { return std::chrono::seconds{below(bound)}; }
  std::string some_type() { return std::string(1, static_cast<char>('a' + below(3))); }
  UserId some_user() {
    UserId user;
    user.bytes[0] = static_cast<std::uint8_t>(1 + below(3));  // none is the server, whose id is all zeros
    return user;
  }
  QueueModel::Entry* some_entry() {
    if (model_.jobs.empty()) return nullptr;
    return &std::next(model_.jobs.begin(), below(static_cast<int>(model_.jobs.size())))->second;
  }

  void take_a_step() {
    const int choice = below(100);
    if (choice < 5) return control();
    if (choice < 22) return submit();
    if (choice < 43) return claim();
    if (choice < 64) return settle();
    if (choice < 70) return beat();
    if (choice < 79) return pass_time();
    if (choice < 84) return reclaim();
    if (choice < 88) return check_deadlines();
    if (choice < 91) return cancel();
    if (choice < 94) return retry();
    if (choice < 97) return change();
    die();
  }

  // Calls a verb, now and then on a broken disk or in a program that dies over it. `learn` brings the model up to date
  // and checks the answer; it gets none when the program died before there was one, though the verb has happened. Whole
  // or not at all: a verb that failed has changed nothing, one that was cut off by death either nothing or everything.
  // True when the caller has heard an answer.
  template <class Call, class Learn>
  bool perform(Call call, Learn learn) {
    using Answer = decltype(wait_for(call(engine_.store())));
    const int dice = below(100);
    const Fault fault = dice < 4 ? Fault::outage : dice < 10 ? Fault::death : Fault::none;
    const int write = below(6);
    followed_.clear();
    model_.followed.clear();
    if (fault != Fault::none) engine_.break_at(write);
    std::optional<Answer> answer;
    try {
      answer.emplace(wait_for(call(engine_.store())));
    } catch (const StoreFailure&) {
      require(fault != Fault::none, "a store whose disk works does its work");
      require(followed_.empty(), "nothing is announced that is not stored");
    }
    if (answer) {
      heard_ = fault != Fault::death;
      learn(&*answer);
      require(followed_ == model_.followed, "what follows from a change is announced, and nothing else");
    }
    if (fault == Fault::outage) engine_.repair();
    if (fault != Fault::death) return answer.has_value();
    engine_.restart();
    if (!answer && !is_as_expected()) learn(nullptr);
    recover();
    return false;
  }
  bool is_as_expected() {
    try {
      model_.compare(stored());
      model_.compare(wait_for(engine_.store().queue_overview(now_)));
      return true;
    } catch (const Violation&) {
      return false;
    }
  }
  std::vector<Job> stored() {
    const JobPage page = wait_for(engine_.store().list({}, {}, 1000, std::nullopt));
    return page.jobs;
  }

  // ---- Users.
  Job some_job() {
    Job job;
    job.id = JobId{++last_id_};
    job.user_id = some_user();
    job.type = some_type();
    if (one_in(4)) job.queue = "other";
    job.priority = below(3);
    job.created_at = job.updated_at = now_;
    if (one_in(4)) job.run_at = now_ + seconds_below(60);
    if (one_in(4)) job.terms.timeout = std::chrono::seconds{1 + below(40)};
    if (one_in(5)) job.terms.expires_at = now_ + std::chrono::seconds{1 + below(60)};
    return job;
  }
  Submission some_submission() {
    Submission submission;
    submission.job = some_job();
    JobTerms& terms = submission.job.terms;
    if (one_in(2)) {
      terms.unique_key = one_in(2) ? "key" : "other key";
      terms.unique_for = static_cast<UniqueFor>(below(3));
      if (terms.unique_for == UniqueFor::window) terms.unique_until = now_ + seconds_below(120);
      submission.on_duplicate = static_cast<UniquePolicy>(below(3));
    }
    std::set<JobId> awaited;
    for (int count = below(3); count > 0 && last_id_ > 1; --count) {
      awaited.insert(JobId{1 + static_cast<std::uint64_t>(below(static_cast<int>(last_id_ - 1)))});
    }
    terms.depends_on.assign(awaited.begin(), awaited.end());
    if (one_in(2)) terms.on_dependency_failure = OnDependencyFailure::wait;
    // Mostly of one user, or else most would be refused.
    for (const JobId id : awaited) {
      if (model_.jobs.contains(id) && !one_in(8)) submission.job.user_id = model_.jobs.at(id).job.user_id;
    }
    return submission;
  }

  void submit() {
    const int room = jobs_max - static_cast<int>(model_.jobs.size());
    if (room <= 0) return;
    const int count = 1 + below(std::min(3, room));
    if (one_in(3)) return submit_plainly(count);
    std::vector<Submission> submissions;
    for (int number = 0; number < count; ++number) submissions.push_back(some_submission());
    if (one_in(2)) return submit_once(submissions, {});
    // A client repeats its request until it has heard an answer, and some repeat it once more.
    const std::string key = "request " + std::to_string(last_id_);
    submit_once(submissions, key);
    while (one_in(2)) {
      for (Submission& each : submissions) each.job.id = JobId{++last_id_};
      submit_once(submissions, key);
    }
  }
  void submit_plainly(int count) {
    std::vector<Job> jobs;
    std::map<UserId, std::int64_t> of_user;
    for (int number = 0; number < count; ++number) ++of_user[jobs.emplace_back(some_job()).user_id];
    bool full = false;
    for (const auto& [user, more] : of_user) full = full || model_.backlog_is_full(user, more);
    perform([&](JobStore& store) { return store.submit(jobs, now_); },
            [&](const Result<void>* answer) {
              require(answer == nullptr || answer->has_value() != full, "a submission is taken unless it is too many");
              if (full) return;
              for (const Job& job : jobs) model_.add(job, now_);
            });
  }
  void submit_once(const std::vector<Submission>& submissions, const std::string& key) {
    const auto ask = [&](JobStore& store) {
      SubmitRequest request;
      request.submissions = submissions;
      if (!key.empty()) {
        IdempotencyKey identity;
        identity.key = key;
        identity.expires_at = now_ + std::chrono::hours{24};
        identity.write_answer = [key](const std::vector<Submitted>&) { return "answer to " + key; };
        request.idempotency = identity;
      }
      return store.submit_all(std::move(request), now_);
    };
    const auto learn = [&](const Result<SubmitAnswer>* answer) { learn_submitted(submissions, key, answer); };
    if (!perform(ask, learn)) unsure_.insert(key);
  }
  void learn_submitted(const std::vector<Submission>& submissions, const std::string& key,
                       const Result<SubmitAnswer>* answer) {
    require(answer == nullptr || answer->has_value(), "a submission is answered");
    const auto known = model_.answered.find(key);
    if (known != model_.answered.end() && known->second > now_) {
      require(answer == nullptr || (*answer)->repeated == "answer to " + key, "a repeated request does nothing twice");
      return;
    }
    if (answer != nullptr && (*answer)->repeated) {
      // The program died over the first request, which added nothing but the memory of its answer.
      require(unsure_.contains(key), "a new request is not taken for a repeated one");
      model_.answered[key] = now_ + std::chrono::hours{24};
      return;
    }
    bool any_accepted = false;
    for (std::size_t index = 0; index < submissions.size(); ++index) {
      const auto expected = model_.submit(submissions[index], now_);
      any_accepted = any_accepted || expected.status != SubmitStatus::refused;
      if (answer == nullptr) continue;
      const Submitted& submitted = (*answer)->jobs.at(index);
      const std::string reason = submitted.refusal ? submitted.refusal->reason : "";
      require(submitted.status == expected.status && (reason == expected.reason || reason == "validation"),
              "a unique key is held if and only if a live holder exists, a backlog is what waits; refused for \"" +
                  reason + "\" instead of \"" + expected.reason + "\"");
      require(expected.status == SubmitStatus::refused || submitted.job.id == expected.id,
              "the answer names the job that is meant");
    }
    if (!key.empty() && any_accepted) model_.answered[key] = now_ + std::chrono::hours{24};
  }

  void cancel() {
    QueueModel::Entry* const entry = some_entry();
    if (entry == nullptr) return;
    const JobId id = entry->job.id;
    const Scope scope{entry->job.user_id};
    perform([&](JobStore& store) { return store.cancel(scope, id, now_); },
            [&](const Result<Job>* answer) {
              const bool live = !is_finished(entry->job.status);
              require(answer == nullptr || answer->has_value() == live, "only live jobs are cancelled");
              if (live) model_.cancel(*entry);
            });
  }
  void retry() {
    QueueModel::Entry* const entry = some_entry();
    if (entry == nullptr) return;
    const JobId id = entry->job.id;
    perform([&](JobStore& store) { return store.retry({}, id, now_); },
            [&](const Result<Job>* answer) {
              const std::string refusal = model_.retry(*entry, now_);
              const std::string reason = answer == nullptr || *answer ? "" : answer->error().reason;
              require(answer == nullptr || reason == refusal, "only jobs that ended badly are retried by hand: \"" +
                                                                  reason + "\" instead of \"" + refusal + "\"");
            });
  }
  void change() {
    QueueModel::Entry* const entry = some_entry();
    if (entry == nullptr) return;
    const JobId id = entry->job.id;
    JobChange wanted;
    if (one_in(2)) wanted.priority = below(3);
    if (one_in(2)) wanted.run_at = now_ + seconds_below(30);
    perform([&](JobStore& store) { return store.change({}, id, wanted, now_); },
            [&](const Result<Job>* answer) {
              Job& job = entry->job;
              const bool waits = job.status == JobStatus::pending;
              require(answer == nullptr || answer->has_value() == waits, "only what waits is changed");
              if (!waits) return;
              if (wanted.priority) job.priority = *wanted.priority;
              if (wanted.run_at) model_.wait(*entry, wanted.run_at, now_);
            });
  }

  // ---- Workers.
  void claim() {
    ClaimRequest request;
    request.worker = one_in(2) ? "server" : "elsewhere";
    request.types.all_but = one_in(2);
    for (int count = below(3); count > 0; --count) request.types.types.push_back(some_type());
    request.max = static_cast<std::size_t>(1 + below(4));
    request.lease = one_in(4) ? 4 * lease : lease;
    if (one_in(8)) request.scope.user = some_user();
    perform([&](JobStore& store) { return store.claim(request, now_); },
            [&](const Claim* answer) {
              if (answer == nullptr) return learn_lost_claim(request);
              require(answer->jobs.size() <= request.max, "a claim gives no more than was asked for");
              const QueueModel before = model_;
              learn_expired(request);
              for (const Job& job : answer->jobs) {
                take(job, request, true);
                // A worker that hears nothing of its claim never settles it: the job must come back by itself.
                if (heard_) leases_.push_back({job.id, job.fence});
              }
              check_the_rest(*answer, request, before);
            });
  }
  // The program died before the claim was answered: the rows tell what it gave.
  void learn_lost_claim(const ClaimRequest& request) {
    for (const Job& job : stored()) {
      const Job& known = model_.jobs.at(job.id).job;
      if (known.status == JobStatus::pending && job.status == JobStatus::failed) followed_.insert(job.id);
    }
    learn_expired(request);
    for (const Job& job : stored()) {
      if (model_.jobs.at(job.id).job.status == JobStatus::pending && job.status == JobStatus::processing) {
        take(job, request, false);
      }
    }
  }
  // A claim ends what it comes upon that was not started in time.
  void learn_expired(const ClaimRequest& request) {
    const std::set<JobId> told = followed_;
    for (const JobId id : told) {
      QueueModel::Entry& entry = model_.jobs.at(id);
      if (!QueueModel::is_expired(entry, now_)) continue;
      require(model_.may_be_due(entry, now_) && QueueModel::selects(request.types, entry.job),
              "a claim touches the jobs it was asked for");
      model_.take_token(entry.job.type, now_);
      if (!request.scope.user) referee_.count_claim();
      model_.followed.insert(id);
      model_.expire(entry);
    }
  }
  void take(const Job& claimed, const ClaimRequest& request, bool in_order) {
    require(model_.jobs.contains(claimed.id), "only submitted jobs are claimed");
    QueueModel::Entry& entry = model_.jobs.at(claimed.id);
    const Job& job = entry.job;
    require(model_.may_be_due(entry, now_) && QueueModel::selects(request.types, job) &&
                (!request.scope.user || job.user_id == *request.scope.user),
            "only ready jobs of the selection are claimed, each by one holder");
    require(!QueueModel::is_expired(entry, now_), "a job that was not started in time does not start");
    require(claimed.fence > job.fence, "the fence of a job only rises");
    // Those that were lost were taken in an order nobody knows, but together they keep to the limits all the same.
    require(model_.held_up(job, now_) != QueueModel::Held::yes,
            "no more run than may, and nothing starts that is paused");
    if (in_order) referee_.judge(job, contenders(request), !request.scope.user);
    model_.start(entry, request.worker, request.lease, now_);
  }
  // What could be started instead, for certain.
  std::vector<Contestant> contenders(const ClaimRequest& request) const {
    std::vector<Contestant> others;
    for (const auto& [id, entry] : model_.jobs) {
      const Job& job = entry.job;
      if (!model_.is_due(entry, now_) || QueueModel::is_expired(entry, now_)) continue;
      if (!QueueModel::selects(request.types, job) || (request.scope.user && job.user_id != *request.scope.user))
        continue;
      if (model_.held_up(job, now_) != QueueModel::Held::no) continue;
      others.push_back({id, job.user_id, job.priority, model_.user_control(job.user_id).weight});
    }
    return others;
  }
  void check_the_rest(const Claim& claimed, const ClaimRequest& request, const QueueModel& before) {
    if (claimed.jobs.size() == request.max) return;
    require(contenders(request).empty(), "a claim leaves nothing that may start");
    std::optional<Time> earliest;
    for (const auto& [id, entry] : before.jobs) {
      const Job& job = entry.job;
      if (!QueueModel::selects(request.types, job) || job.status != JobStatus::pending) continue;
      if (before.may_be_due(entry, now_) && !before.is_due(entry, now_)) return;  // who knows
      if (!job.run_at || *job.run_at <= now_ || before.awaited(job) > 0) continue;
      earliest = earliest ? std::min(*earliest, *job.run_at) : *job.run_at;
    }
    require(!earliest || (claimed.next_due && *claimed.next_due <= *earliest),
            "a claim names the next moment at which a job becomes ready");
  }

  void settle() {
    if (leases_.empty()) return;
    // Any lease there ever was: current, over, or settled already by this very request.
    const HeldLease held = leases_[static_cast<std::size_t>(below(static_cast<int>(leases_.size())))];
    Settlement settlement{held.id, held.fence, static_cast<SettlementKind>(below(4)), {}, {}, {}};
    if (settlement.kind == SettlementKind::complete) settlement.result = std::to_string(held.fence);
    if (settlement.kind == SettlementKind::retry || one_in(8)) settlement.run_at = now_ + seconds_below(10);
    if (settlement.kind == SettlementKind::retry || settlement.kind == SettlementKind::fail)
      settlement.error = "broken";
    settle(settlement);
    while (one_in(4)) settle(settlement);  // the answer was lost, or the request came twice
  }
  void settle(const Settlement& settlement) {
    std::vector<Settlement> settlements;
    settlements.push_back(settlement);
    perform([&](JobStore& store) { return store.settle(settlements, now_); },
            [&](const std::vector<Settled>* answer) {
              const SettleStatus status = model_.settle(model_.jobs.at(settlement.id), settlement, now_);
              require(answer == nullptr || answer->at(0).status == status, "only the current lease settles its job");
            });
  }
  void beat() {
    if (leases_.empty()) return;
    const HeldLease held = leases_[static_cast<std::size_t>(below(static_cast<int>(leases_.size())))];
    std::vector<Beat> beats;
    beats.push_back({held.id, held.fence, lease, 50.0, "half way"});
    perform([&](JobStore& store) { return store.beat(beats, now_); },
            [&](const std::vector<std::optional<Job>>* answer) {
              Job& job = model_.jobs.at(held.id).job;
              const bool current = job.status == JobStatus::processing && job.fence == held.fence;
              require(answer == nullptr || answer->at(0).has_value() == current, "only the current lease is renewed");
              if (current) job.lease_expires_at = now_ + lease;
            });
  }

  // ---- Time.
  void pass_time() {
    const Time before = now_;
    if (one_in(10)) {
      now_ += std::chrono::hours{below(3) - 1};  // the clock is set
    } else {
      now_ += std::chrono::milliseconds{below(25'000)};
    }
    model_.clock_moved(before, now_);
  }
  void reclaim() {
    perform([&](JobStore& store) { return store.reclaim_expired(QueueModel::crashes_max, now_); },
            [&](const std::vector<Job>* answer) {
              std::set<JobId> over;
              for (auto& [id, entry] : model_.jobs) {
                if (entry.job.status == JobStatus::processing && *entry.job.lease_expires_at < now_) over.insert(id);
              }
              require(answer == nullptr || ids_of(*answer) == over, "exactly the leases that ran out end");
              for (const JobId id : over) model_.crash(model_.jobs.at(id), now_);
            });
  }
  void check_deadlines() {
    std::set<JobId> timed_out;
    perform([&](JobStore& store) { return store.check_deadlines("server", 100, now_); },
            [&](const DeadlineCheck* answer) {
              std::set<JobId> expired;
              timed_out.clear();
              for (const auto& [id, entry] : model_.jobs) {
                const Job& job = entry.job;
                if (QueueModel::is_expired(entry, now_)) expired.insert(id);
                if (job.status == JobStatus::processing && job.worker != "server" && job.terms.timeout &&
                    *job.started_at + *job.terms.timeout <= now_) {
                  timed_out.insert(id);
                }
              }
              learn_expired_now(expired, answer);
              if (answer == nullptr) return;
              require(ids_of(answer->timed_out) == timed_out, "exactly the attempts that take too long are named");
            });
    for (const JobId id : timed_out) {
      const Job& job = model_.jobs.at(id).job;
      Settlement over{id, job.fence, SettlementKind::fail, {}, "Timed out", {}};
      if (one_in(2)) over.kind = SettlementKind::retry;
      if (over.kind == SettlementKind::retry) over.run_at = now_ + seconds_below(10);
      settle(over);
    }
  }
  // A job that waits for one that expires with it either expires itself or fails as its dependent, whichever is looked
  // at first.
  void learn_expired_now(const std::set<JobId>& expired, const DeadlineCheck* answer) {
    std::set<JobId> themselves;
    if (answer != nullptr) {
      themselves = ids_of(answer->expired);
    } else {
      for (const Job& job : stored()) {
        if (expired.contains(job.id) && job.fence > 0) themselves.insert(job.id);
      }
    }
    for (auto id = themselves.rbegin(); id != themselves.rend(); ++id) {
      require(expired.contains(*id), "only jobs that were not started in time expire: not " + to_string(*id));
      model_.expire(model_.jobs.at(*id));
    }
    for (const JobId id : expired) {
      require(model_.jobs.at(id).job.status == JobStatus::failed, "all expire that were not started in time");
    }
  }
  static std::set<JobId> ids_of(const std::vector<Job>& jobs) {
    std::set<JobId> ids;
    for (const Job& job : jobs) ids.insert(job.id);
    return ids;
  }

  // ---- Operators.
  std::optional<std::int64_t> some_limit() {
    if (one_in(2)) return std::nullopt;
    return 1 + below(2);
  }
  void control() {
    if (one_in(4)) return control_queue();
    if (one_in(2)) return control_user();
    const std::string type = some_type();
    TypeControlChange change;
    change.paused = one_in(4);
    change.concurrency.emplace(some_limit());
    change.concurrency_per_user.emplace(some_limit());
    if (one_in(2)) change.rate.emplace();
    if (change.rate && one_in(2)) change.rate->emplace(StartRate{1 + below(3), std::chrono::seconds{1 + below(20)}});
    perform([&](JobStore& store) { return store.control_type(type, change, now_); },
            [&](const TypeControl* answer) {
              TypeControl control = model_.type_control(type);
              control.paused = *change.paused;
              control.concurrency = *change.concurrency;
              control.concurrency_per_user = *change.concurrency_per_user;
              if (change.rate) control.rate = *change.rate;
              model_.set_type_control(type, control, now_);
              require(answer == nullptr || *answer == control, "a control is as it was set");
            });
  }
  void control_queue() {
    const std::string queue = one_in(2) ? "default" : "other";
    QueueControlChange change;
    change.paused = one_in(4);
    perform([&](JobStore& store) { return store.control_queue(queue, change, now_); },
            [&](const QueueControl* answer) {
              model_.queues[queue].paused = *change.paused;
              require(answer == nullptr || answer->paused == *change.paused, "a control is as it was set");
            });
  }
  void control_user() {
    const UserId user = some_user();
    UserControlChange change;
    change.concurrency.emplace(some_limit());
    if (one_in(3)) change.weight = 0.5 * (1 << below(3));
    if (one_in(2)) change.backlog.emplace();
    if (change.backlog && one_in(2)) change.backlog->emplace(1 + below(4));
    perform([&](JobStore& store) { return store.control_user(user, change, now_); },
            [&](const UserControl* answer) {
              UserControl& control = model_.users[user];
              control.concurrency = *change.concurrency;
              if (change.weight) control.weight = *change.weight;
              if (change.backlog) control.backlog = *change.backlog;
              require(answer == nullptr || *answer == control, "a control is as it was set");
            });
    referee_.forget_turns();
  }

  // The program dies between two steps and starts again.
  void die() {
    engine_.restart();
    recover();
  }
  void recover() {
    referee_.forget();
    model_.followed.clear();
    followed_.clear();
    std::set<JobId> own;
    for (auto& [id, entry] : model_.jobs) {
      if (entry.job.status != JobStatus::processing) continue;
      if (entry.job.worker == "server") {
        own.insert(id);
      } else {
        entry.job.lease_expires_at = std::max(*entry.job.lease_expires_at, now_ + lease);
      }
    }
    for (const JobId id : own) model_.crash(model_.jobs.at(id), now_);
    require(ids_of(wait_for(engine_.store().recover("server", QueueModel::crashes_max, lease, now_))) == own,
            "a restart reclaims what the program itself held");
  }

  // ---- After every step.
  void look() {
    const std::vector<Job> jobs = stored();
    model_.compare(jobs);
    model_.compare(wait_for(engine_.store().queue_overview(now_)));
    JobCounts recount;
    for (const Job& job : jobs) {
      std::int64_t* const counts[] = {&recount.pending, &recount.processing, &recount.completed, &recount.failed,
                                      &recount.cancelled};
      ++*counts[static_cast<std::size_t>(job.status)];
    }
    require(wait_for(engine_.store().counts({})) == recount, "counters equal a recount");
    const QueueModel::Entry* const entry = some_entry();
    if (entry == nullptr) return;
    check_attempts(*entry);
    check_explanation(*entry);
  }
  // Each lease is told of once, in its order.
  void check_attempts(const QueueModel::Entry& entry) {
    const auto attempts = wait_for(engine_.store().attempts({}, entry.job.id));
    require(attempts.has_value(), "a job has its attempts");
    std::vector<AttemptOutcome> told;
    for (const Attempt& attempt : *attempts) {
      if (attempt.outcome) told.push_back(*attempt.outcome);
    }
    std::vector<AttemptOutcome> ended;
    for (const auto& [fence, outcome] : entry.ended) ended.push_back(outcome);
    require(told == ended, "every attempt is kept, with how it ended");
    require((attempts->size() > told.size()) == (entry.job.status == JobStatus::processing),
            "the running attempt is told of, and only while it runs");
  }
  void check_explanation(const QueueModel::Entry& entry) {
    const auto explanation = wait_for(engine_.store().explain({}, entry.job.id, now_));
    require(explanation.has_value(), "a job can be explained");
    const StandingReason reason = explanation->reason;
    const JobStatus status = entry.job.status;
    require((reason == StandingReason::finished) == is_finished(status), "a finished job is explained as such");
    require((reason == StandingReason::running) == (status == JobStatus::processing), "and so is a running one");
    if (status != JobStatus::pending) return;
    const bool awaits = model_.awaited(entry.job) > 0;
    if (awaits)
      require(reason == StandingReason::dependency || reason == StandingReason::delayed, "it waits for others");
    if (!awaits) require(reason != StandingReason::dependency, "it waits for no other");
    if (!model_.is_due(entry, now_)) return;
    const auto held = model_.held_up(entry.job, now_);
    const bool is_behind = reason == StandingReason::behind;
    require(held == QueueModel::Held::perhaps || is_behind == (held == QueueModel::Held::no),
            "what holds a job up is named, and nothing else: not \"" + std::string(to_string(reason)) + "\" for job " +
                to_string(entry.job.id));
  }

  SimulatedEngine& engine_;
  std::mt19937_64 random_;
  QueueModel model_;
  TurnReferee referee_;
  Time now_{std::chrono::milliseconds{1'767'225'600'000}};
  std::uint64_t last_id_ = 0;
  bool heard_ = true;              // somebody, of the latest answer
  std::set<std::string> unsure_;   // requests of which nobody knows whether they were done
  std::set<JobId> followed_;       // as the store told, of the latest verb
  std::vector<HeldLease> leases_;  // every lease that somebody was given
};

}  // namespace taskgate::jobs
