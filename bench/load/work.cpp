#include <fmt/format.h>

#include <stdexcept>
#include <string>

#include "load/figures.h"
#include "load/generators.h"
#include "load/http_loop.h"
#include "load/job_texts.h"

namespace taskgate::bench {
namespace {

using Clock = HttpLoop::Clock;
constexpr auto longest = std::chrono::minutes{5};

// The text after `name` up to the next quotation mark, from `at` on; moves `at` behind it. Empty at the end.
std::string_view quoted_after(std::string_view text, std::string_view name, std::size_t& at) {
  const auto found = text.find(name, at);
  if (found == std::string_view::npos) return {};
  const auto begin = found + name.size();
  const auto end = text.find('"', begin);
  at = end;
  return text.substr(begin, end - begin);
}

class Work {
 public:
  explicit Work(const WorkOptions& options)
      : options_(options),
        batch_(
            http_request("POST", "/api/jobs/batch?return=ids", options.key, batch_body(options.type, options.batch))),
        loop_(options.port, options.workers + options.submitters,
              [this](std::size_t connection, int status, std::string_view body) {
                if (status >= 300) throw std::runtime_error(fmt::format("the server answered {}: {}", status, body));
                if (connection < options_.workers) {
                  claimed(connection, body);
                } else {
                  submitted();
                }
              }) {
    in_hand_.resize(options.workers);
  }

  void run() {
    const auto begin = Clock::now();
    const double used = processor_seconds();
    for (std::size_t at = 0; at < options_.workers; ++at) claim(at, {});
    feed();
    loop_.run(begin + longest);
    if (settled_ < options_.jobs) throw std::runtime_error(fmt::format("only {} jobs were settled", settled_));
    const std::chrono::duration<double> took = Clock::now() - begin;
    Report report;
    report.add("seconds", took.count()).add("jobs", settled_);
    report.add("perSecond", static_cast<double>(settled_) / took.count());
    report.add("generatorCpuSeconds", processor_seconds() - used).add("claim", durations_).print();
  }

 private:
  void claim(std::size_t worker, std::string_view settles) {
    const auto body = fmt::format(R"({{"worker":"bench-{}","types":["{}"],"max":{},"waitMs":1000,"settle":[{}]}})",
                                  worker, options_.type, options_.claim, settles);
    loop_.send(worker, http_request("POST", "/api/worker/claim", options_.key, body));
  }

  void claimed(std::size_t worker, std::string_view body) {
    durations_.add(Clock::now() - loop_.sent_at(worker));
    settled_ += in_hand_[worker];
    in_hand_[worker] = 0;
    if (settled_ >= options_.jobs) return loop_.stop();
    const auto end = body.find(R"("settled":)");
    const auto jobs = body.substr(0, end);
    if (body.find("stale", end) != std::string_view::npos) throw std::runtime_error("a lease was stale");
    std::string settles;
    std::size_t at = 0;
    while (true) {
      const auto id = quoted_after(jobs, R"({"id":")", at);
      if (id.empty()) break;
      const auto lease = quoted_after(jobs, R"("lease":")", at);
      settles += fmt::format(R"({}{{"id":"{}","lease":"{}","op":"complete","result":{{"sent":true}}}})",
                             settles.empty() ? "" : ",", id, lease);
      ++in_hand_[worker];
    }
    claim(worker, settles);
    feed();
  }

  void submitted() {
    under_way_ -= options_.batch;
    submitted_ += options_.batch;
    feed();
  }

  void feed() {
    for (std::size_t at = options_.workers; at < loop_.size(); ++at) {
      const auto sent = submitted_ + under_way_;
      if (loop_.is_busy(at) || sent >= options_.jobs || sent - settled_ >= options_.ahead) continue;
      under_way_ += options_.batch;
      loop_.send(at, batch_);
    }
  }

  WorkOptions options_;
  std::string batch_;
  HttpLoop loop_;
  Durations durations_;
  std::vector<std::size_t> in_hand_;
  std::size_t settled_ = 0;
  std::size_t submitted_ = 0;
  std::size_t under_way_ = 0;
};

}  // namespace

void work(const WorkOptions& options) { Work(options).run(); }

}  // namespace taskgate::bench
