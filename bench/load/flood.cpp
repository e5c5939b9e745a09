#include <stdexcept>

#include "load/figures.h"
#include "load/generators.h"
#include "load/http_loop.h"

namespace taskgate::bench {
namespace {

using Clock = HttpLoop::Clock;

class Flood {
 public:
  explicit Flood(const FloodOptions& options)
      : options_(options),
        request_(http_request(options.method, options.target, options.authorization, options.body)),
        loop_(options.port, options.connections,
              [this](std::size_t connection, int status, std::string_view) { answered(connection, status); }) {}

  void run() {
    const auto begin = Clock::now();
    const double used = processor_seconds();
    const auto seconds = options_.requests > 0 ? 600.0 : options_.seconds;
    const auto end = begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    if (options_.rate > 0) {
      pace(begin, end);
    } else {
      for (std::size_t at = 0; at < loop_.size(); ++at) loop_.send(at, request_);
      loop_.run(end);
    }
    const std::chrono::duration<double> took = Clock::now() - begin;
    Report report;
    report.add("seconds", took.count()).add("requests", good_ + bad_).add("good", good_).add("bad", bad_);
    report.add("skipped", skipped_).add("perSecond", static_cast<double>(good_) / took.count());
    report.add("generatorCpuSeconds", processor_seconds() - used).add("", durations_).print();
  }

 private:
  void answered(std::size_t connection, int status) {
    durations_.add(Clock::now() - loop_.sent_at(connection));
    ++(status >= 200 && status < 300 ? good_ : bad_);
    if (options_.requests > 0 && good_ + bad_ >= options_.requests) return loop_.stop();
    if (options_.rate > 0) return;
    loop_.send(connection, request_);
  }

  // Each request at its moment; one for which no connection is free is counted, not sent later.
  void pace(Clock::time_point begin, Clock::time_point end) {
    const std::chrono::duration<double> apart{1 / options_.rate};
    for (std::size_t number = 0;; ++number) {
      const auto due = begin + std::chrono::duration_cast<Clock::duration>(apart * static_cast<double>(number));
      if (due >= end) break;
      loop_.run(due);
      std::size_t tries = 0;
      while (tries < loop_.size() && loop_.is_busy(next_)) {
        next_ = (next_ + 1) % loop_.size();
        ++tries;
      }
      if (tries == loop_.size()) {
        ++skipped_;
      } else {
        loop_.send(next_, request_);
      }
    }
  }

  FloodOptions options_;
  std::string request_;
  HttpLoop loop_;
  Durations durations_;
  std::size_t good_ = 0;
  std::size_t bad_ = 0;
  std::size_t skipped_ = 0;
  std::size_t next_ = 0;
};

}  // namespace

void flood(const FloodOptions& options) { Flood(options).run(); }

}  // namespace taskgate::bench
