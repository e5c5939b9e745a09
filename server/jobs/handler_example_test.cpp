// The example of README.md: a handler of one's own, from the class to the result.

#include <gtest/gtest.h>

#include <sstream>

#include "base/json.h"
#include "jobs/job_handler.h"
#include "jobs/job_runner.h"
#include "jobs/manual_alarms.h"
#include "jobs/memory_job_store.h"

namespace taskgate::jobs {
namespace {

// [example]
// Counts the words of data.text.
class CountWords final : public JobHandler {
 public:
  Awaitable<HandlerOutcome> run(std::shared_ptr<JobContext> context) override {
    const auto data = parse_json(context->job().data);
    const auto* object = data ? data->if_object() : nullptr;
    const auto* text = object != nullptr ? object->if_contains("text") : nullptr;
    if (text == nullptr || !text->is_string()) {
      FailedAttempt failed{"data.text must be a string", false};  // trying again would not help
      co_return HandlerOutcome{std::move(failed)};
    }
    std::istringstream words{std::string{text->get_string()}};
    std::int64_t count = 0;
    for (std::string word; words >> word && !context->stopped();) {
      ++count;
      context->progress(100 * done_of(words, text->get_string().size()), word);
    }
    Succeeded done{std::to_string(count)};
    co_return HandlerOutcome{std::move(done)};
  }

 private:
  // The share of the text that was read.
  static double done_of(std::istringstream& words, std::size_t size) {
    return words.eof() ? 1 : static_cast<double>(words.tellg()) / static_cast<double>(size);
  }
};

HandlerRegistration count_words() { return {{{"count words"}, false}, 4, std::make_shared<CountWords>()}; }
// [example]

TEST(HandlerExample, CountsWords) {
  ManualClock clock;
  auto alarms = std::make_shared<ManualAlarms>(clock);
  boost::asio::io_context loop;
  MemoryJobStore store;
  IdGenerator ids;
  JobService service{store, clock, ids};
  RunnerOptions options;
  options.alarms = alarms;
  options.log_line = [](const std::string&) {};
  JobRunner runner{loop.get_executor(), store, service, clock, options, {count_words()}};
  runner.start();

  NewJob job;
  job.type = "count words";
  job.data = R"({"text":"to be or not to be"})";
  const JobId id = run_to_completion(service.submit({}, job)).value().id;
  job.data = R"({"text":7})";
  const JobId wrong = run_to_completion(service.submit({}, job)).value().id;
  ManualAlarms::run_ready(loop);
  EXPECT_EQ(run_to_completion(store.get({}, id))->result, "6");
  EXPECT_EQ(run_to_completion(store.get({}, wrong))->status, JobStatus::failed);
  EXPECT_EQ(run_to_completion(store.get({}, wrong))->retries, 0);

  bool stopped = false;
  boost::asio::co_spawn(loop, runner.stop(), [&stopped](std::exception_ptr) { stopped = true; });
  alarms->run_for(loop, std::chrono::seconds{1});
  EXPECT_TRUE(stopped);
}

}  // namespace
}  // namespace taskgate::jobs
