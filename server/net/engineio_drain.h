#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "net/engineio_loop.h"

namespace taskgate::net {

// Ends the sessions of one loop, each at a moment of its own drawn at random: clients that are all sent away at once
// come back at once, and again at the same later moments when they are refused. For the loop's thread only.
class EngineDrain : public std::enable_shared_from_this<EngineDrain> {
 public:
  EngineDrain(std::shared_ptr<EngineLoop> loop, std::function<void()> done);

  // The last session ends `spread` from now; then `done` is called, once.
  void start(std::chrono::milliseconds spread);

 private:
  struct Closing {
    sio::Moment when;
    std::weak_ptr<EngineConnection> connection;
  };
  void close_due();
  void wait();

  std::shared_ptr<EngineLoop> loop_;
  std::function<void()> done_;
  boost::asio::steady_timer timer_;
  std::vector<Closing> left_;  // the next one last
};

}  // namespace taskgate::net
