#pragma once

#include <memory>
#include <string>

#include "app/config.h"

namespace taskgate::app {

// The server: makes every part, connects them, runs until it is told to stop.
//
// Order of the end (SIGTERM or SIGINT): readiness turns 503 → the runner hands running jobs back → Socket.IO
// connections close, so that clients reconnect elsewhere → HTTP requests finish → the pools and the store close. A
// second signal ends the program at once.
class App {
 public:
  // Opens the store and binds the address. Throws std::runtime_error with a sentence for the operator.
  explicit App(Config config);
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  // Serves until SIGTERM or SIGINT, which must be blocked in every thread (see block_stop_signals).
  void run();

 private:
  class Parts;
  std::unique_ptr<Parts> parts_;
};

// Blocks SIGTERM and SIGINT in this thread and those it starts, and ignores SIGPIPE; call it before any thread exists.
void block_stop_signals();

}  // namespace taskgate::app
