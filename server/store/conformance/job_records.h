#pragma once

#include "store/conformance/job_suite.h"

namespace taskgate::conformance {

// What is kept about jobs beside themselves: checkpoints, logs, notes, attempts.
class JobRecords : public JobSuite {
 protected:
  std::optional<Job> leave(const Job& job, std::string checkpoint) {
    Beat sign{job.id, job.fence, std::nullopt, std::nullopt, std::nullopt};
    sign.checkpoint = std::move(checkpoint);
    return beat(std::move(sign));
  }
  std::optional<Job> say(const Job& job, std::vector<LogLine> lines) {
    Beat sign{job.id, job.fence, std::nullopt, std::nullopt, std::nullopt};
    sign.log = std::move(lines);
    return beat(std::move(sign));
  }
  LogPage log(JobId id, std::int64_t after = 0, std::size_t limit = 10'000) {
    return run(store().log({}, id, after, limit)).value();
  }
  std::vector<std::string> texts(JobId id) {
    std::vector<std::string> all;
    for (const KeptLine& line : log(id).lines) all.push_back(line.text);
    return all;
  }
  std::vector<JobNote> notes(JobId id) { return run(store().record({}, id)).value().notes; }
  // The checkpoint the next claim brings.
  std::optional<std::string> next_checkpoint(Job* claimed = nullptr) {
    const Claim next = claim();
    if (claimed != nullptr) *claimed = next.jobs.at(0);
    const auto found = next.checkpoints.find(next.jobs.at(0).id);
    return found == next.checkpoints.end() ? std::nullopt : std::optional(found->second);
  }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(JobRecords);

TEST_P(JobRecords, HandTheLatestCheckpointToTheNextAttempt) {
  submit();
  const Claim first = claim();
  EXPECT_TRUE(first.checkpoints.empty());
  const Job job = first.jobs.at(0);
  EXPECT_TRUE(leave(job, R"({"page":1})"));
  EXPECT_TRUE(leave(job, R"({"page":123456789012345678901234567890})"));
  EXPECT_EQ(get(job.id).revision, job.revision) << "it is no news about the job";
  settle(another_try(job, 0s));
  reopen();
  Job second;
  EXPECT_EQ(next_checkpoint(&second), R"({"page":123456789012345678901234567890})");
  settle(release(second));
  EXPECT_EQ(next_checkpoint(&second), R"({"page":123456789012345678901234567890})");
  now += lease + 1ms;
  run(store().reclaim_expired(crashes_max, now));
  EXPECT_EQ(next_checkpoint(&second), R"({"page":123456789012345678901234567890})");
  settle(failure(second));
  run(store().retry({}, job.id, now));
  EXPECT_EQ(next_checkpoint(&second), R"({"page":123456789012345678901234567890})");
  leave(second, "null");
  settle(another_try(second, 0s));
  EXPECT_EQ(next_checkpoint(), std::nullopt);
}

TEST_P(JobRecords, GiveEachJobOfAClaimItsOwnCheckpoint) {
  submit();
  submit();
  submit();
  for (const Job& job : claim(3).jobs) {
    leave(job, "\"" + to_string(job.id) + "\"");
    settle(release(job));
  }
  const Claim again = claim(3);
  ASSERT_EQ(again.jobs.size(), 3u);
  for (const Job& job : again.jobs) EXPECT_EQ(again.checkpoints.at(job.id), "\"" + to_string(job.id) + "\"");
}

TEST_P(JobRecords, AreNotWrittenUnderAnyOtherLease) {
  submit();
  const Job job = claim_one();
  Job earlier = job;
  --earlier.fence;
  Job later = job;
  ++later.fence;
  for (const Job& wrong : {earlier, later}) {
    EXPECT_EQ(leave(wrong, "1"), std::nullopt);
    EXPECT_EQ(say(wrong, {{"not mine"}}), std::nullopt);
  }
  now += lease + 1ms;
  run(store().reclaim_expired(crashes_max, now));
  EXPECT_EQ(leave(job, "1"), std::nullopt);
  EXPECT_EQ(say(job, {{"from the dead"}}), std::nullopt);
  Job second;
  EXPECT_EQ(next_checkpoint(&second), std::nullopt);
  EXPECT_EQ(say(job, {{"from the dead"}}), std::nullopt);
  cancel(job.id);
  EXPECT_EQ(say(second, {{"cancelled"}}), std::nullopt);
  EXPECT_THAT(texts(job.id), ::testing::IsEmpty());
}

TEST_P(JobRecords, KeepWhatAttemptsSayInOrder) {
  submit();
  const Job first = claim_one();
  say(first, {{"opening"}, {"page 1", LogLevel::debug}});
  now += 2s;
  say(first, {{"disk full", LogLevel::error}});
  settle(another_try(first, 0s));
  const Job second = claim_one();
  say(second, {{"", LogLevel::warn}});
  reopen();
  const LogPage page = log(first.id);
  ASSERT_EQ(page.lines.size(), 4u);
  EXPECT_FALSE(page.more);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(page.lines[i].number, static_cast<std::int64_t>(i) + 1);
  EXPECT_EQ(page.lines[0].text, "opening");
  EXPECT_EQ(page.lines[0].level, std::nullopt);
  EXPECT_EQ(page.lines[0].at, now - 2s);
  EXPECT_EQ(page.lines[0].attempt, 1);
  EXPECT_EQ(page.lines[1].level, LogLevel::debug);
  EXPECT_EQ(page.lines[2].level, LogLevel::error);
  EXPECT_EQ(page.lines[2].at, now);
  EXPECT_EQ(page.lines[3].attempt, 2);
  EXPECT_EQ(page.lines[3].text, "");
}

TEST_P(JobRecords, PageThroughALog) {
  submit();
  const Job job = claim_one();
  std::vector<LogLine> lines;
  for (int i = 1; i <= 7; ++i) lines.push_back({std::to_string(i)});
  say(job, lines);
  const LogPage first = log(job.id, 0, 3);
  EXPECT_EQ(first.lines.size(), 3u);
  EXPECT_TRUE(first.more);
  EXPECT_EQ(log(job.id, 3, 4).lines.back().text, "7");
  EXPECT_FALSE(log(job.id, 3, 4).more);
  EXPECT_THAT(log(job.id, 7).lines, ::testing::IsEmpty());
  EXPECT_EQ(run(store().log({bob}, job.id, 0, 9)).error().code, ErrorCode::not_found);
  EXPECT_EQ(run(store().log({}, JobId{3}, 0, 9)).error().code, ErrorCode::not_found);
  EXPECT_EQ(run(store().log({alice}, job.id, 0, 9)).value().lines.size(), 7u);
}

TEST_P(JobRecords, DropTheOldestLinesBeyondTheirNumber) {
  submit();
  const Job job = claim_one();
  for (int beat = 0; beat < 13; ++beat) {
    std::vector<LogLine> lines;
    for (int i = 0; i < 100; ++i) lines.push_back({std::to_string(beat * 100 + i)});
    say(job, lines);
  }
  const auto kept = log(job.id).lines;
  ASSERT_EQ(static_cast<std::int64_t>(kept.size()), log_lines_kept_max);
  EXPECT_EQ(kept.front().text, "300");
  EXPECT_EQ(kept.front().number, 301);
  EXPECT_EQ(kept.back().text, "1299");
}

TEST_P(JobRecords, DropTheOldestLinesBeyondTheirBytes) {
  submit();
  const Job job = claim_one();
  const std::string text(1'000, 'x');
  for (int i = 0; i < 300; ++i) say(job, {{text}});
  const auto kept = log(job.id).lines;
  EXPECT_EQ(static_cast<std::int64_t>(kept.size()), log_bytes_kept_max / 1'000);
  EXPECT_EQ(kept.back().number, 300);
  say(job, {{"a short one"}});
  EXPECT_EQ(log(job.id).lines.back().text, "a short one");
}

TEST_P(JobRecords, NoteWhoChangedAJobByHand) {
  const Job job = submit(make_job("mail", 1));
  now += 1s;
  run(store().change({alice, alice}, job.id, {5.0, now + 60s}, now));
  run(store().change({{}, bob}, job.id, {std::nullopt, Time{}}, now));
  const Job running = claim_one();
  settle(failure(running, "no such host"));
  now += 1s;
  run(store().retry({{}, bob}, job.id, now));
  run(store().cancel({}, job.id, now));
  reopen();
  const auto kept = notes(job.id);
  ASSERT_EQ(kept.size(), 4u);
  EXPECT_EQ(kept[0].kind, NoteKind::changed);
  EXPECT_EQ(kept[0].actor, alice);
  EXPECT_EQ(kept[0].at, now - 1s);
  EXPECT_EQ(kept[0].priority_before, 1);
  EXPECT_EQ(kept[0].priority, 5);
  EXPECT_EQ(kept[0].run_at, now + 59s);
  EXPECT_EQ(kept[0].fence, 0);
  EXPECT_EQ(kept[1].actor, bob);
  EXPECT_EQ(kept[1].priority, std::nullopt);
  EXPECT_EQ(kept[1].run_at, now - 1s);
  EXPECT_EQ(kept[2].kind, NoteKind::retried);
  EXPECT_EQ(kept[2].ended_as, JobStatus::failed);
  EXPECT_EQ(kept[2].ended_at, now - 1s);
  EXPECT_EQ(kept[2].error, "no such host");
  EXPECT_EQ(kept[2].fence, running.fence);
  EXPECT_EQ(kept[3].kind, NoteKind::cancelled);
  EXPECT_EQ(kept[3].actor, std::nullopt);
  EXPECT_EQ(kept[3].at, now);
}

TEST_P(JobRecords, LeaveNoNoteOfWhatWasRefused) {
  const JobId id = submit().id;
  EXPECT_FALSE(run(store().retry({}, id, now)));
  EXPECT_FALSE(run(store().cancel({bob, bob}, id, now)));
  cancel(id);
  EXPECT_FALSE(cancel(id));
  EXPECT_FALSE(run(store().change({}, id, {1.0, {}}, now)));
  EXPECT_EQ(notes(id).size(), 1u);
  EXPECT_EQ(run(store().record({bob}, id)).error().code, ErrorCode::not_found);
}

TEST_P(JobRecords, KeepTheNewestNotes) {
  const JobId id = submit().id;
  for (std::int64_t i = 1; i <= notes_kept_max + 5; ++i) {
    run(store().change({}, id, {static_cast<double>(i), {}}, now));
  }
  const auto kept = notes(id);
  ASSERT_EQ(static_cast<std::int64_t>(kept.size()), notes_kept_max);
  EXPECT_EQ(kept.front().priority, 6);
  EXPECT_EQ(kept.back().priority, static_cast<double>(notes_kept_max + 5));
}

TEST_P(JobRecords, KeepTheNewestAttemptsOfAJobThatIsSnoozedForEver) {
  const JobId id = submit().id;
  std::int64_t last = 0;
  for (std::int64_t i = 0; i < attempts_kept_max + 10; ++i) {
    const Job job = claim_one();
    last = job.fence;
    ASSERT_EQ(settle(release(job)).status, SettleStatus::ok);
  }
  const auto kept = attempts(id);
  ASSERT_EQ(static_cast<std::int64_t>(kept.size()), attempts_kept_max);
  EXPECT_EQ(kept.back().fence, last);
  EXPECT_EQ(kept.front().fence, last - attempts_kept_max + 1);
}

TEST_P(JobRecords, TellAllOfAJobAsOfOneMoment) {
  submit();
  const Job first = claim(1, "one").jobs.at(0);
  settle(another_try(first, 0s));
  const Job second = claim(1, "two").jobs.at(0);
  const JobRecord record = run(store().record({alice}, first.id)).value();
  EXPECT_EQ(record.job.status, JobStatus::processing);
  ASSERT_EQ(record.attempts.size(), 2u);
  EXPECT_EQ(record.attempts[0].fence, first.fence);
  EXPECT_EQ(record.attempts[1].fence, second.fence);
  EXPECT_EQ(record.attempts[1].worker, "two");
  EXPECT_TRUE(record.notes.empty());
}

}  // namespace taskgate::conformance
