#pragma once

#include <sys/types.h>

#include <string>

#include "handlers/command.h"

namespace taskgate::handlers {

// An open descriptor and its end.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this == &other) return *this;
    close();
    number_ = other.release();
    return *this;
  }

  [[nodiscard]] int get() const { return number_; }
  [[nodiscard]] bool is_open() const { return number_ >= 0; }
  void close();

 private:
  int release() {
    const int number = number_;
    number_ = -1;
    return number;
  }
  int number_ = -1;
};

// A started program that leads a process group of its own. Destroying it kills the group and waits for the program, so
// that no zombie stays; nothing else in the process needs to handle SIGCHLD.
class ChildProcess {
 public:
  // Throws std::system_error when it cannot be started; its code is execve's.
  ChildProcess(const Command& command, const std::string& input);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // To all of the group that still run.
  void signal_group(int signal) const;
  // Once `exited()` is readable: kills what is left of the group, and tells how the program ended.
  struct Status {
    bool killed = false;  // by the signal `code`; else it exited with `code`
    int code = 0;
  };
  Status collect();

  [[nodiscard]] int exited() const { return handle_.get(); }  // readable when the program has ended
  [[nodiscard]] Descriptor& output() { return output_; }      // not blocking, as the next one
  [[nodiscard]] Descriptor& errors() { return errors_; }

 private:
  pid_t id_ = -1;  // -1: collected
  Descriptor handle_;
  Descriptor output_;
  Descriptor errors_;
};

}  // namespace taskgate::handlers
