#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "handlers/command_output.h"
#include "handlers/stop_signal.h"

namespace taskgate::handlers {

// A program to run, as configured.
struct Command {
  std::vector<std::string> arguments;  // the first is the program's absolute path; no shell is involved
  std::map<std::string, std::string> environment;
  std::string working_directory = "/";
  std::chrono::milliseconds timeout{60'000};
  std::chrono::milliseconds grace{5'000};  // between SIGTERM and SIGKILL
};

// How a run ended. Of `exit_code` and `signal` one is set, unless the program was not started: because `stop` was
// raised before, or for `start_error`.
struct CommandEnd {
  std::optional<int> exit_code;
  std::optional<int> signal;  // that killed it
  bool timed_out = false;
  bool stopped = false;  // the stop signal ended it
  std::string start_error;
  std::optional<std::string> result;  // JSON text
  std::string complaint;              // why there is no result
  std::string error_output;           // the last 4 KiB of standard error
};

inline constexpr std::size_t error_output_bytes_max = 4 * 1024;

// Runs a command to its end and returns how that was; blocks the calling thread meanwhile, in which SIGPIPE need not be
// ignored.
//
// The program gets `input` as its standard input, leads a process group of its own, and inherits nothing: only the
// environment given (and PATH), no descriptors but the three, default signal handling. Its standard output is read by
// CommandOutput, with `listener` told on this thread. At the timeout, or when `stop` is raised, the group gets SIGTERM,
// and after the grace SIGKILL. When the program has ended, whatever it left running in its group is killed. A process
// that makes itself a session of its own escapes.
[[nodiscard]] CommandEnd run_command(const Command& command, const std::string& input, CommandListener& listener,
                                     const StopSignal& stop);

}  // namespace taskgate::handlers
