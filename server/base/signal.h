#pragma once

#include <functional>
#include <utility>
#include <vector>

namespace taskgate {

// A typed "this has happened", in process. Receivers are connected by `app` before the server starts and never change
// after that, so emitting needs no lock; a receiver runs on the emitter's thread and must only post. Signals are hints:
// the store is the truth, so a receiver that missed one looks again.
template <class... Arguments>
class Signal {
 public:
  using Receiver = std::function<void(const Arguments&...)>;
  void connect(Receiver receiver) { receivers_.push_back(std::move(receiver)); }
  void operator()(const Arguments&... arguments) const {
    for (const auto& receiver : receivers_) receiver(arguments...);
  }

 private:
  std::vector<Receiver> receivers_;
};

}  // namespace taskgate
