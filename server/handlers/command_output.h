#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace taskgate::handlers {

// Who hears what a command says, line by line. Called on the thread that reads it.
class CommandListener {
 public:
  virtual ~CommandListener() = default;
  virtual void progress(double percent, std::string message) = 0;
  virtual void log(std::string line) = 0;
};

// Reads the standard output of a command, as it comes in pieces:
//   progress 42 Second page        percent and a text for the owner
//   result {"pages":3}             the job's result, any JSON; the last one counts
//   anything else                  a line for the log; without a `result` line the last one is the result (see
//   as_result)
// Keeps one line at most, of at most `line_bytes_max` bytes; what a line has beyond is dropped. Of an attempt's lines
// the first `log_lines_max` reach the log.
class CommandOutput {
 public:
  static constexpr std::size_t result_bytes_max = 256 * 1024;
  static constexpr std::size_t line_bytes_max = result_bytes_max + 64;
  static constexpr std::size_t log_lines_max = 1'000;

  explicit CommandOutput(CommandListener& listener) : listener_(listener) {}
  void take(std::string_view bytes);
  // The output has ended: the line that was not ended counts, too.
  void end();

  // After end(): JSON text. Nothing when what should be the result is no JSON or too long: `complaint()` then says so.
  [[nodiscard]] const std::optional<std::string>& result() const { return result_; }
  [[nodiscard]] const std::string& complaint() const { return complaint_; }

 private:
  void end_line();
  [[nodiscard]] bool take_progress(std::string_view line);
  void take_result(std::string_view json);
  void take_log(std::string_view line);

  CommandListener& listener_;
  std::string line_;
  bool line_cut_ = false;
  std::size_t lines_logged_ = 0;
  std::optional<std::string> result_;
  std::optional<std::string> last_line_ = "";  // nothing: it was too long to keep
  std::string complaint_;
};

// The last bytes of a stream.
class Tail {
 public:
  explicit Tail(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  void take(std::string_view bytes);
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::size_t bytes_max_;
  std::string bytes_;
};

}  // namespace taskgate::handlers
