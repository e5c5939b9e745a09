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
using namespace std::chrono_literals;

constexpr std::size_t worker = 0;
constexpr std::size_t submitter = 1;
// Long enough for the claim to have settled the last job and to be waiting.
constexpr auto rest = 15ms;

std::string_view quoted_after(std::string_view text, std::string_view name) {
  const auto found = text.find(name);
  if (found == std::string_view::npos) return {};
  const auto begin = found + name.size();
  return text.substr(begin, text.find('"', begin) - begin);
}

class StartLatency {
 public:
  explicit StartLatency(const StartLatencyOptions& options)
      : options_(options),
        submit_(http_request("POST", "/api/jobs/submit", options.key, submit_body("latency"))),
        loop_(options.port, 2, [this](std::size_t connection, int status, std::string_view body) {
          if (status >= 300) throw std::runtime_error(fmt::format("the server answered {}: {}", status, body));
          if (connection == submitter) acknowledged_.add(Clock::now() - loop_.sent_at(submitter));
          if (connection == worker) claimed(body);
          if (!loop_.is_busy(worker) && !loop_.is_busy(submitter)) loop_.stop();
        }) {}

  void run() {
    for (std::size_t round = 0; round < options_.rounds; ++round) {
      claim();
      loop_.run(Clock::now() + rest);
      while (!loop_.is_busy(worker)) {  // an empty answer, after a long wait
        claim();
        loop_.run(Clock::now() + rest);
      }
      loop_.send(submitter, submit_);
      loop_.run(Clock::now() + 30s);
      if (loop_.is_busy(worker) || settle_.empty()) throw std::runtime_error("a job did not reach the waiting worker");
    }
    Report report;
    report.add("rounds", started_.size()).add("start", started_).add("acknowledge", acknowledged_).print();
  }

 private:
  void claim() {
    const auto body =
        fmt::format(R"({{"worker":"bench","types":["latency"],"max":1,"waitMs":30000,"settle":[{}]}})", settle_);
    settle_.clear();
    loop_.send(worker, http_request("POST", "/api/worker/claim", options_.key, body));
  }

  void claimed(std::string_view body) {
    const auto id = quoted_after(body, R"({"id":")");
    const auto lease = quoted_after(body, R"("lease":")");
    if (lease.empty()) return;
    started_.add(Clock::now() - loop_.sent_at(submitter));
    settle_ = fmt::format(R"({{"id":"{}","lease":"{}","op":"complete"}})", id, lease);
  }

  StartLatencyOptions options_;
  std::string submit_;
  HttpLoop loop_;
  Durations started_;
  Durations acknowledged_;
  std::string settle_;
};

}  // namespace

void start_latency(const StartLatencyOptions& options) { StartLatency(options).run(); }

}  // namespace taskgate::bench
