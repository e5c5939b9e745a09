#include "jobs/worker_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <set>

#include "jobs/manual_alarms.h"
#include "jobs/memory_job_store.h"

namespace taskgate::jobs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A request under way: what came of it, once it has.
struct Request {
  std::shared_ptr<WorkerPoll> poll = std::make_shared<WorkerPoll>();
  std::optional<WorkerClaimAnswer> answer;
  [[nodiscard]] bool waits() const { return !answer; }
  [[nodiscard]] const ClaimedJob& job() const { return answer->jobs.at(0); }
};

class WorkerServiceTest : public ::testing::Test {
 protected:
  WorkerServiceTest() {
    service.job_changed.connect([this](const Job& job) { changed.push_back(job); });
    ann.user_id.bytes[0] = 1;
    bob.user_id.bytes[0] = 2;
    root.user_id.bytes[0] = 3;
    ann.key = bob.key = KeyGrant{};
    root.key = KeyGrant{{}, {}, true};
  }
  ~WorkerServiceTest() override {
    workers.drain();
    ManualAlarms::run_ready(loop);
  }

  WorkerOptions options() {
    WorkerOptions chosen;
    chosen.lease_secret = "secret";
    chosen.types = types;
    chosen.random = [] { return 0.5; };
    chosen.log_line = [this](const std::string& line) { lines.push_back(line); };
    chosen.alarms = std::shared_ptr<AlarmSource>(&alarms, [](AlarmSource*) {});
    return chosen;
  }

  template <class T>
  T run(Awaitable<T> task) {
    std::optional<T> value;
    boost::asio::co_spawn(loop, std::move(task), [&value](std::exception_ptr failure, T result) {
      EXPECT_FALSE(failure);
      value.emplace(std::move(result));
    });
    ManualAlarms::run_ready(loop);
    return std::move(value).value();
  }

  static WorkerClaim wanted(std::string worker, seconds wait = seconds{0}, std::vector<std::string> types = {"mail"}) {
    WorkerClaim claim;
    claim.worker = std::move(worker);
    claim.types = std::move(types);
    claim.wait = wait;
    return claim;
  }
  std::shared_ptr<Request> begin(const Principal& caller, WorkerClaim claim) {
    auto request = std::make_shared<Request>();
    auto task = workers.claim(caller, std::move(claim), request->poll);
    boost::asio::co_spawn(loop, std::move(task),
                          [request](std::exception_ptr failure, Result<WorkerClaimAnswer> result) {
                            if (failure || !result) return;
                            request->answer = std::move(*result);
                          });
    ManualAlarms::run_ready(loop);
    return request;
  }
  std::shared_ptr<Request> wait_as(const Principal& caller, std::string worker) {
    return begin(caller, wanted(std::move(worker), seconds{30}));
  }
  ClaimedJob claim_one(const Principal& caller, std::string worker = "w") {
    return begin(caller, wanted(std::move(worker)))->job();
  }
  Job submit(const Principal& owner, std::string type = "mail", std::optional<milliseconds> delay = std::nullopt) {
    NewJob job;
    job.type = std::move(type);
    job.delay = delay;
    auto submitted = run(service.submit(owner, std::move(job)));
    return *submitted;
  }
  void pass(milliseconds time) { alarms.run_for(loop, time); }

  static WorkerSettle say(const ClaimedJob& claimed, WorkerVerb verb) {
    WorkerSettle said;
    said.id = claimed.job.id;
    said.lease = claimed.lease;
    said.verb = verb;
    return said;
  }
  std::string settle(const Principal& caller, WorkerSettle said) {
    std::vector<WorkerSettle> all{std::move(said)};
    return std::string(run(workers.settle(caller, std::move(all))).at(0).outcome);
  }
  static WorkerBeat sign(const ClaimedJob& claimed) {
    WorkerBeat beat;
    beat.id = claimed.job.id;
    beat.lease = claimed.lease;
    return beat;
  }
  std::string beat(const Principal& caller, WorkerBeat said) {
    std::vector<WorkerBeat> all{std::move(said)};
    return std::string(run(workers.beat(caller, std::move(all))).at(0).outcome);
  }
  Job get(JobId id) { return *run(store.get({}, id)); }
  std::vector<Job> reclaim() { return run(store.reclaim_expired(3, clock.now())); }

  boost::asio::io_context loop;
  MemoryJobStore store;
  ManualClock clock;
  ManualAlarms alarms{clock};
  IdGenerator ids;
  JobService service{store, clock, ids};
  std::shared_ptr<WorkerTypes> types = std::make_shared<WorkerTypes>();
  WorkerService workers{loop.get_executor(), store, service, clock, options()};
  Principal ann;
  Principal bob;
  Principal root;
  std::vector<Job> changed;
  std::vector<std::string> lines;
};

TEST_F(WorkerServiceTest, GivesAJobWithALeaseAndTakesItsResult) {
  const Job job = submit(ann);
  const ClaimedJob claimed = claim_one(ann);
  EXPECT_EQ(claimed.job.id, job.id);
  EXPECT_EQ(claimed.job.attempts, 1);
  EXPECT_EQ(changed.back().status, JobStatus::processing);
  EXPECT_EQ(changed.back().worker, "w");
  auto said = say(claimed, WorkerVerb::complete);
  said.result = R"({"pages":3})";
  EXPECT_EQ(settle(ann, said), "ok");
  EXPECT_EQ(get(job.id).result, R"({"pages":3})");
  EXPECT_EQ(changed.back().status, JobStatus::completed);
  EXPECT_EQ(settle(ann, said), "already_settled");
}

TEST_F(WorkerServiceTest, WakesAWorkerForAJobThatALimitHeldUp) {
  TypeControlChange one;
  one.concurrency.emplace(1);
  run(store.control_type("mail", one, clock.now()));
  const Job first = submit(ann);
  const Job second = submit(ann);
  const ClaimedJob running = claim_one(ann);
  EXPECT_EQ(running.job.id, first.id);
  const auto waiting = wait_as(ann, "other");
  EXPECT_TRUE(waiting->waits());
  EXPECT_EQ(settle(ann, say(running, WorkerVerb::complete)), "ok");
  ASSERT_FALSE(waiting->waits());
  EXPECT_EQ(waiting->job().job.id, second.id);
}

TEST_F(WorkerServiceTest, KnowsWhoIsThereToServeAType) {
  EXPECT_FALSE(workers.serves(ann.user_id, "mail"));
  begin(ann, wanted("w"));
  EXPECT_TRUE(workers.serves(ann.user_id, "mail"));
  EXPECT_FALSE(workers.serves(ann.user_id, "video"));
  EXPECT_FALSE(workers.serves(bob.user_id, "mail"));
  pass(seconds{61});
  EXPECT_FALSE(workers.serves(ann.user_id, "mail")) << "it was not heard of for a minute";
  begin(root, wanted("for everybody"));
  EXPECT_TRUE(workers.serves(bob.user_id, "mail"));
}

TEST_F(WorkerServiceTest, ShowsAUsersKeyThatUsersJobsOnly) {
  submit(ann);
  EXPECT_THAT(begin(bob, wanted("w"))->answer->jobs, IsEmpty());
  EXPECT_EQ(begin(root, wanted("w"))->answer->jobs.size(), 1U);
}

TEST_F(WorkerServiceTest, TakesALeaseFromItsHolderOnly) {
  submit(ann);
  const ClaimedJob claimed = claim_one(root);
  EXPECT_EQ(settle(ann, say(claimed, WorkerVerb::complete)), "stale_lease");
  EXPECT_EQ(beat(ann, sign(claimed)), "stale_lease");
  auto forged = say(claimed, WorkerVerb::complete);
  forged.lease += "A";
  EXPECT_EQ(settle(root, forged), "stale_lease");
  auto other = say(claimed, WorkerVerb::complete);
  other.id = submit(ann).id;
  EXPECT_EQ(settle(root, other), "stale_lease");
  EXPECT_EQ(get(claimed.job.id).status, JobStatus::processing);
}

TEST_F(WorkerServiceTest, WakesExactlyOneWaitingWorkerPerJob) {
  const auto first = wait_as(ann, "one");
  const auto second = wait_as(ann, "two");
  const auto third = wait_as(root, "three");
  const auto calls = store.calls();
  submit(ann);
  EXPECT_EQ(store.calls(), calls + 2);  // the submission and one claim
  EXPECT_FALSE(first->waits());
  EXPECT_TRUE(second->waits());
  EXPECT_TRUE(third->waits());
  submit(ann);
  EXPECT_FALSE(second->waits());
  submit(bob);
  EXPECT_FALSE(third->waits());
  EXPECT_EQ(store.calls(), calls + 6);
}

TEST_F(WorkerServiceTest, LeavesThoseAloneWhoWantOtherJobs) {
  const auto fax = begin(ann, wanted("fax", seconds{30}, {"fax"}));
  const auto theirs = wait_as(bob, "theirs");
  const auto calls = store.calls();
  submit(ann);
  EXPECT_TRUE(fax->waits());
  EXPECT_TRUE(theirs->waits());
  EXPECT_EQ(store.calls(), calls + 1);
}

TEST_F(WorkerServiceTest, AnswersAPollThatFoundNothingWhenItsTimeIsUp) {
  const auto request = begin(ann, wanted("w", seconds{5}));
  pass(milliseconds{4'999});
  EXPECT_TRUE(request->waits());
  pass(milliseconds{1});
  ASSERT_FALSE(request->waits());
  EXPECT_THAT(request->answer->jobs, IsEmpty());
  EXPECT_FALSE(request->answer->drain);
}

TEST_F(WorkerServiceTest, GivesTheNextWorkerTheJobOfOneThatWentAway) {
  const auto gone = wait_as(ann, "gone");
  const auto stays = wait_as(ann, "stays");
  gone->poll->abandon();
  ManualAlarms::run_ready(loop);
  const Job job = submit(ann);
  ASSERT_FALSE(stays->waits());
  EXPECT_EQ(stays->job().job.id, job.id);
}

TEST_F(WorkerServiceTest, PassesTheCallOnWhenTheWokenOneIsGoneBeforeItAsks) {
  const auto first = wait_as(ann, "first");
  const auto second = wait_as(ann, "second");
  NewJob job;
  job.type = "mail";
  auto submitting = service.submit(ann, std::move(job));
  boost::asio::co_spawn(loop, std::move(submitting),
                        [&](std::exception_ptr, const Result<Job>&) { first->poll->abandon(); });
  ManualAlarms::run_ready(loop);
  ASSERT_FALSE(second->waits());
  EXPECT_EQ(second->answer->jobs.size(), 1U);
  EXPECT_EQ(get(second->job().job.id).attempts, 1);
}

TEST_F(WorkerServiceTest, WakesOneWorkerWhenADelayedJobIsDue) {
  submit(ann, "mail", seconds{10});
  const auto first = wait_as(ann, "one");
  const auto second = wait_as(ann, "two");
  pass(milliseconds{9'999});
  EXPECT_TRUE(first->waits());
  pass(milliseconds{1});
  EXPECT_NE(first->waits(), second->waits());
}

TEST_F(WorkerServiceTest, LearnsOfADelayedJobWhileItWaits) {
  const auto request = wait_as(ann, "one");
  submit(ann, "mail", seconds{10});
  submit(ann, "mail", seconds{5});
  pass(seconds{5});
  ASSERT_FALSE(request->waits());
  const auto again = wait_as(ann, "one");
  pass(seconds{5});
  EXPECT_FALSE(again->waits());
}

TEST_F(WorkerServiceTest, ServesEveryJobThatIsDueAtTheSameMoment) {
  for (int job = 0; job < 3; ++job) submit(ann, "mail", seconds{10});
  std::vector<std::shared_ptr<Request>> requests;
  for (const auto* name : {"a", "b", "c", "d"}) requests.push_back(wait_as(ann, name));
  pass(seconds{10});
  int served = 0;
  for (const auto& request : requests) served += request->waits() ? 0 : 1;
  EXPECT_EQ(served, 3);
}

TEST_F(WorkerServiceTest, RetriesByTheServersRules) {
  submit(ann);
  auto said = say(claim_one(ann), WorkerVerb::fail);
  said.error = "no answer";
  EXPECT_EQ(settle(ann, said), "ok");
  Job job = get(said.id);
  EXPECT_EQ(job.status, JobStatus::pending);
  EXPECT_EQ(job.retries, 1);
  EXPECT_EQ(job.error, "no answer");
  EXPECT_EQ(job.run_at, clock.now() + seconds{1});
  EXPECT_THAT(lines.back(), ::testing::HasSubstr("failed: no answer; retry 1 of 3"));

  pass(seconds{1});
  said = say(claim_one(ann), WorkerVerb::fail);
  said.delay = seconds{90};
  EXPECT_EQ(settle(ann, said), "ok");
  EXPECT_EQ(get(said.id).run_at, clock.now() + seconds{90});

  pass(seconds{90});
  said = say(claim_one(ann), WorkerVerb::fail);
  said.retryable = false;
  EXPECT_EQ(settle(ann, said), "ok");
  EXPECT_EQ(get(said.id).status, JobStatus::failed);
}

TEST_F(WorkerServiceTest, SnoozesAndReleasesWithoutSpendingAnything) {
  submit(ann);
  auto said = say(claim_one(ann), WorkerVerb::snooze);
  said.delay = seconds{60};
  EXPECT_EQ(settle(ann, said), "ok");
  EXPECT_EQ(get(said.id).run_at, clock.now() + seconds{60});
  EXPECT_EQ(get(said.id).attempts, 0);
  EXPECT_EQ(get(said.id).retries, 0);
  pass(seconds{60});
  EXPECT_EQ(settle(ann, say(claim_one(ann), WorkerVerb::release)), "ok");
  EXPECT_EQ(claim_one(ann).job.attempts, 1);
}

TEST_F(WorkerServiceTest, FailsAJobWhoseResultIsTooLarge) {
  submit(ann);
  auto said = say(claim_one(ann), WorkerVerb::complete);
  said.result = '"' + std::string(std::size_t{256} * 1024, 'x') + '"';
  EXPECT_EQ(settle(ann, said), "ok");
  EXPECT_EQ(get(said.id).status, JobStatus::failed);
}

TEST_F(WorkerServiceTest, RefusesTheLateWordOfAWorkerThatWasGivenUp) {
  submit(ann);
  const ClaimedJob late = claim_one(ann, "slow");
  pass(seconds{31});
  ASSERT_EQ(reclaim().size(), 1U);
  const ClaimedJob current = claim_one(ann, "quick");
  EXPECT_EQ(current.job.id, late.job.id);
  EXPECT_NE(current.lease, late.lease);
  EXPECT_EQ(settle(ann, say(late, WorkerVerb::complete)), "stale_lease");
  EXPECT_EQ(beat(ann, sign(late)), "stale_lease");
  EXPECT_EQ(settle(ann, say(current, WorkerVerb::complete)), "ok");
}

TEST_F(WorkerServiceTest, RenewsALeaseForItsOwnLengthOrAsAsked) {
  submit(ann);
  const ClaimedJob claimed = claim_one(ann);
  pass(seconds{20});
  EXPECT_EQ(beat(ann, sign(claimed)), "ok");
  EXPECT_EQ(get(claimed.job.id).lease_expires_at, clock.now() + seconds{30});
  auto longer = sign(claimed);
  longer.extend = seconds{300};
  EXPECT_EQ(beat(ann, longer), "ok");
  EXPECT_EQ(get(claimed.job.id).lease_expires_at, clock.now() + seconds{300});
}

TEST_F(WorkerServiceTest, TellsABusyWorkerOfACancelWithItsBeat) {
  submit(ann);
  const ClaimedJob claimed = claim_one(ann);
  ASSERT_TRUE(run(service.cancel(ann, claimed.job.id)));
  EXPECT_EQ(beat(ann, sign(claimed)), "cancel");
  EXPECT_EQ(settle(ann, say(claimed, WorkerVerb::complete)), "cancelled");
}

TEST_F(WorkerServiceTest, TellsAWaitingWorkerOfACancelAtOnce) {
  submit(ann);
  const ClaimedJob claimed = claim_one(ann, "w");
  const auto request = wait_as(ann, "w");
  const auto bystander = wait_as(ann, "another");
  ASSERT_TRUE(run(service.cancel(ann, claimed.job.id)));
  ManualAlarms::run_ready(loop);
  ASSERT_FALSE(request->waits());
  ASSERT_EQ(request->answer->cancels.size(), 1U);
  EXPECT_EQ(request->answer->cancels[0].id, claimed.job.id);
  EXPECT_EQ(request->answer->cancels[0].reason, "cancelled");
  EXPECT_TRUE(bystander->waits());
}

TEST_F(WorkerServiceTest, LetsSettlesAndBeatsRideAlong) {
  submit(ann);
  submit(ann);
  auto claim = wanted("w");
  claim.max = 2;
  const auto begun = begin(ann, std::move(claim));
  submit(ann);
  auto next = wanted("w");
  next.settle.push_back(say(begun->answer->jobs.at(0), WorkerVerb::complete));
  next.beat.push_back(sign(begun->answer->jobs.at(1)));
  const auto answer = begin(ann, std::move(next))->answer;
  EXPECT_EQ(answer->settled.at(0).outcome, "ok");
  EXPECT_EQ(answer->beats.at(0).outcome, "ok");
  EXPECT_EQ(answer->jobs.size(), 1U);
}

TEST_F(WorkerServiceTest, AnnouncesProgressNowAndThenButAlwaysTheLatest) {
  submit(ann);
  const ClaimedJob claimed = claim_one(ann);
  const auto before = changed.size();
  for (int percent = 10; percent <= 50; percent += 10) {
    auto said = sign(claimed);
    said.progress = percent;
    EXPECT_EQ(beat(ann, said), "ok");
  }
  EXPECT_EQ(changed.size(), before + 1);
  EXPECT_EQ(changed.back().progress, 10);
  pass(milliseconds{250});
  EXPECT_EQ(changed.size(), before + 2);
  EXPECT_EQ(changed.back().progress, 50);
  EXPECT_EQ(get(claimed.job.id).progress, 50);
}

TEST_F(WorkerServiceTest, HandsBackWhatAWorkerThatSaysGoodbyeHas) {
  submit(ann);
  submit(ann);
  const ClaimedJob mine = claim_one(ann, "leaves");
  const ClaimedJob other = claim_one(ann, "stays");
  EXPECT_EQ(run(workers.bye(ann, "leaves")), 1U);
  EXPECT_EQ(get(mine.job.id).status, JobStatus::pending);
  EXPECT_EQ(get(mine.job.id).attempts, 0);
  EXPECT_EQ(get(other.job.id).status, JobStatus::processing);
  EXPECT_EQ(run(workers.bye(bob, "stays")), 0U);
}

TEST_F(WorkerServiceTest, AnswersThoseWhoWaitWhenTheServerStops) {
  submit(ann);
  const ClaimedJob claimed = claim_one(ann);
  const auto request = wait_as(ann, "w");
  workers.drain();
  ManualAlarms::run_ready(loop);
  ASSERT_FALSE(request->waits());
  EXPECT_TRUE(request->answer->drain);
  submit(ann);
  const auto late = begin(ann, wanted("w", seconds{30}));
  EXPECT_TRUE(late->answer->drain);
  EXPECT_THAT(late->answer->jobs, IsEmpty());
  EXPECT_EQ(settle(ann, say(claimed, WorkerVerb::complete)), "ok");
}

TEST_F(WorkerServiceTest, LooksAgainWhenALimitMayHaveBeenLifted) {
  const auto request = wait_as(ann, "w");
  Job job;
  job.id = ids.next_job_id(clock.now());
  job.user_id = ann.user_id;
  job.type = "mail";
  std::vector<Job> batch{job};
  (void)run(store.submit(std::move(batch), clock.now()));  // nobody says so
  EXPECT_TRUE(request->waits());
  service.work_available();
  ManualAlarms::run_ready(loop);
  EXPECT_FALSE(request->waits());
}

TEST_F(WorkerServiceTest, KeepsTheTypesThatWorkersAskForOrHold) {
  const auto left_until = [this] { return types->at(clock.now()).until.value() - WorkerTypes::grace; };
  (void)begin(ann, wanted("w", seconds{0}, {"mail", "resize"}));
  EXPECT_THAT(types->at(clock.now()).types, ElementsAre("mail", "resize"));
  EXPECT_EQ(left_until(), clock.now());
  pass(std::chrono::minutes{9});
  submit(ann, "resize");
  auto claim = wanted("w", seconds{0}, {"resize"});
  claim.lease = seconds{60};
  const ClaimedJob claimed = begin(ann, std::move(claim))->job();
  pass(std::chrono::minutes{1});
  EXPECT_THAT(types->at(clock.now()).types, ElementsAre("resize"));
  EXPECT_EQ(left_until(), clock.now()) << "until its lease ends";
  EXPECT_EQ(beat(ann, sign(claimed)), "ok");
  EXPECT_EQ(left_until(), clock.now() + seconds{60});
}

TEST_F(WorkerServiceTest, ShowsAdminsWhoHoldsWhat) {
  const Job job = submit(ann);
  const ClaimedJob claimed = claim_one(ann, "box");
  const auto request = wait_as(root, "spare");
  EXPECT_EQ(workers.list(ann).error().reason, "admin_only");
  Principal admin;
  admin.role = Role::admin;
  const auto views = workers.list(admin).value();
  ASSERT_EQ(views.size(), 2U);
  EXPECT_EQ(views[0].name, "box");
  EXPECT_EQ(views[0].seen_at, clock.now());
  EXPECT_FALSE(views[0].waiting);
  EXPECT_EQ(views[0].jobs.at(0).id, job.id);
  EXPECT_EQ(views[1].name, "spare");
  EXPECT_TRUE(views[1].all_users);
  EXPECT_TRUE(views[1].waiting);
  pass(std::chrono::minutes{20});
  EXPECT_THAT(workers.list(admin).value(), IsEmpty());
}

TEST_F(WorkerServiceTest, ChecksEveryFieldOfAClaim) {
  const auto refused = [this](const std::function<void(WorkerClaim&)>& spoil) {
    auto claim = wanted("w");
    spoil(claim);
    auto task = workers.claim(ann, std::move(claim), std::make_shared<WorkerPoll>());
    const auto result = run(std::move(task));
    return result ? "accepted" : result.error().fields.at(0).field;
  };
  EXPECT_EQ(refused([](WorkerClaim& claim) { claim.worker = ""; }), "worker");
  EXPECT_EQ(refused([](WorkerClaim& claim) { claim.worker = "server"; }), "worker");
  EXPECT_EQ(refused([](WorkerClaim& claim) { claim.types.clear(); }), "types");
  EXPECT_EQ(refused([](WorkerClaim& claim) { claim.types = {" mail"}; }), "types");
  EXPECT_EQ(refused([](WorkerClaim& claim) { claim.types = {"mail", "taskgate.mail"}; }), "types");
  EXPECT_EQ(refused([](WorkerClaim& claim) { claim.max = 0; }), "max");
  EXPECT_EQ(refused([](WorkerClaim& claim) { claim.max = 1001; }), "max");
  EXPECT_EQ(refused([](WorkerClaim& claim) { claim.wait = milliseconds{30'001}; }), "waitMs");
  EXPECT_EQ(refused([](WorkerClaim& claim) { claim.lease = milliseconds{999}; }), "leaseMs");
}

TEST_F(WorkerServiceTest, HandsTheCheckpointToTheNextAttempt) {
  submit(ann);
  const ClaimedJob first = claim_one(ann);
  EXPECT_EQ(first.checkpoint, std::nullopt);
  WorkerBeat said = sign(first);
  said.checkpoint = R"({"page":4})";
  EXPECT_EQ(beat(ann, std::move(said)), "ok");
  EXPECT_EQ(settle(ann, say(first, WorkerVerb::snooze)), "ok");
  EXPECT_EQ(claim_one(ann).checkpoint, R"({"page":4})");
}

TEST_F(WorkerServiceTest, KeepsTheLinesOfABeatAndSaysSo) {
  std::vector<LoggedLines> told;
  service.job_logged.connect([&told](const LoggedLines& logged) { told.push_back(logged); });
  const Job job = submit(ann);
  const ClaimedJob claimed = claim_one(ann);
  WorkerBeat said = sign(claimed);
  said.log = {{"one"}, {std::string(2'000, 'x'), LogLevel::error}};
  EXPECT_EQ(beat(ann, std::move(said)), "ok");
  const auto kept = run(store.log({}, job.id, 0, 10))->lines;
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept[1].text.size(), log_line_bytes_max);
  EXPECT_EQ(kept[1].level, LogLevel::error);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].user_id, ann.user_id);
  EXPECT_EQ(told[0].lines.at(0).text, "one");
  EXPECT_EQ(changed.size(), 2u) << "submitted and claimed: a line is no change of the job";
}

TEST_F(WorkerServiceTest, SaysWhenABeatHadTooManyLines) {
  const Job job = submit(ann);
  const ClaimedJob claimed = claim_one(ann);
  WorkerBeat said = sign(claimed);
  for (int i = 1; i <= 105; ++i) said.log.push_back({std::to_string(i)});
  beat(ann, std::move(said));
  const auto kept = run(store.log({}, job.id, 0, 1'000))->lines;
  ASSERT_EQ(kept.size(), WorkerService::log_lines_per_beat_max);
  EXPECT_EQ(kept[98].text, "99");
  EXPECT_EQ(kept[99].text, "6 more lines of this beat were dropped: at most 100 are kept");
}

TEST_F(WorkerServiceTest, TakesNeitherLinesNorCheckpointFromAStaleLease) {
  const Job job = submit(ann);
  const ClaimedJob first = claim_one(ann, "slow");
  pass(seconds{31});
  reclaim();
  WorkerBeat said = sign(first);
  said.log = {{"from the dead"}};
  said.checkpoint = "1";
  EXPECT_EQ(beat(ann, said), "stale_lease");
  const ClaimedJob second = claim_one(ann, "quick");
  EXPECT_EQ(second.checkpoint, std::nullopt);
  EXPECT_EQ(beat(ann, said), "stale_lease");
  EXPECT_TRUE(run(store.log({}, job.id, 0, 10))->lines.empty());
  EXPECT_EQ(settle(ann, say(second, WorkerVerb::release)), "ok");
  EXPECT_EQ(claim_one(ann).checkpoint, std::nullopt);
}

}  // namespace
}  // namespace taskgate::jobs
