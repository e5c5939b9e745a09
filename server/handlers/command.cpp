#include "handlers/command.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "handlers/child_process.h"
#include "handlers/text.h"

namespace taskgate::handlers {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;
using std::chrono::milliseconds;

constexpr std::size_t read_bytes = 64 * 1024;
// What is read of one stream before the others, the time and the stop signal are looked at again.
constexpr int reads_in_a_row = 16;

// Watches a program until it has ended.
class CommandRun {
 public:
  CommandRun(const Command& command, const std::string& input, CommandListener& listener, const StopSignal& stop)
      : command_(command), stop_(stop), child_(command, input), output_(listener), deadline_(now() + command.timeout) {}

  CommandEnd watch() {
    bool exited = false;
    while (!exited) {
      exited = wait();
      if (!exited && !terminated_) terminate_when_due();
      if (!exited && terminated_ && now() >= deadline_) kill_group();
    }
    // What it left running would write on: only what is in the pipes counts, and one round reads more than they hold.
    child_.signal_group(SIGKILL);
    read_output();
    read_errors();
    return end();
  }

 private:
  static SteadyTime now() { return std::chrono::steady_clock::now(); }

  // Until something happens or the deadline has come; reads what there is. True: the program has ended.
  bool wait() {
    std::array<pollfd, 4> watched{{{child_.exited(), POLLIN, 0},
                                   {child_.output().get(), POLLIN, 0},
                                   {child_.errors().get(), POLLIN, 0},
                                   {terminated_ ? -1 : stop_.descriptor(), POLLIN, 0}}};
    const auto left = std::chrono::ceil<milliseconds>(deadline_ - now()).count();
    const int timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
    if (::poll(watched.data(), watched.size(), timeout) < 0) return false;
    if (watched[1].revents != 0) read_output();
    if (watched[2].revents != 0) read_errors();
    return watched[0].revents != 0;
  }

  void read_output() {
    read_some(child_.output(), [this](std::string_view bytes) { output_.take(bytes); });
  }
  void read_errors() {
    read_some(child_.errors(), [this](std::string_view bytes) { errors_.take(bytes); });
  }
  // What there is, within bounds; a stream that has ended is closed.
  template <class Take>
  static void read_some(Descriptor& from, Take take) {
    std::array<char, read_bytes> buffer;
    for (int count = 0; count < reads_in_a_row && from.is_open(); ++count) {
      const auto got = ::read(from.get(), buffer.data(), buffer.size());
      if (got > 0) {
        take(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
      } else if (got == 0) {
        from.close();
      } else if (errno != EINTR) {
        return;
      }
    }
  }

  void terminate_when_due() {
    const bool is_late = now() >= deadline_;
    if (!stop_.raised() && !is_late) return;
    end_.stopped = stop_.raised();
    end_.timed_out = !end_.stopped;
    terminated_ = true;
    child_.signal_group(SIGTERM);
    child_.signal_group(SIGCONT);  // it may be suspended
    deadline_ = now() + command_.grace;
  }

  void kill_group() {
    child_.signal_group(SIGKILL);
    deadline_ = SteadyTime::max();
  }

  CommandEnd end() {
    const auto status = child_.collect();
    (status.killed ? end_.signal : end_.exit_code) = status.code;
    output_.end();
    end_.result = output_.result();
    end_.complaint = output_.complaint();
    end_.error_output = clean_text(errors_.bytes());
    return std::move(end_);
  }

  const Command& command_;
  const StopSignal& stop_;
  ChildProcess child_;
  CommandOutput output_;
  Tail errors_{error_output_bytes_max};
  SteadyTime deadline_;  // of the program; once it was told to end, of its grace
  bool terminated_ = false;
  CommandEnd end_;
};

}  // namespace

CommandEnd run_command(const Command& command, const std::string& input, CommandListener& listener,
                       const StopSignal& stop) {
  CommandEnd not_started;
  not_started.stopped = stop.raised();
  if (not_started.stopped) return not_started;
  try {
    CommandRun run(command, input, listener, stop);
    return run.watch();
  } catch (const std::system_error& error) {
    not_started.start_error = error.code().message();
    return not_started;
  }
}

}  // namespace taskgate::handlers
