#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "accounts/account_store.h"
#include "jobs/job_store.h"

namespace taskgate::conformance {

// One engine under test, empty at first.
template <class Store>
class EngineOf {
 public:
  virtual ~EngineOf() = default;
  virtual Store& store() = 0;
  // Stops the engine and starts it again over what it has stored.
  virtual void reopen() = 0;
};

// How to make an engine, and what it is called in the names of the tests. One suite runs for every engine; a test that
// an engine cannot pass changes the port, not the test.
template <class Store>
struct EngineMaker {
  std::string name;
  std::function<std::unique_ptr<EngineOf<Store>>()> make;
  friend std::ostream& operator<<(std::ostream& out, const EngineMaker& maker) { return out << maker.name; }
};

class AccountEngine : public EngineOf<accounts::AccountStore> {
 public:
  // The mails that wait to be sent, the oldest first, as the queue hands them out; they are taken.
  virtual std::vector<accounts::OutgoingMail> take_mails() = 0;
};
struct AccountEngineMaker {
  std::string name;
  std::function<std::unique_ptr<AccountEngine>()> make;
  friend std::ostream& operator<<(std::ostream& out, const AccountEngineMaker& maker) { return out << maker.name; }
};
using JobEngine = EngineOf<jobs::JobStore>;
using JobEngineMaker = EngineMaker<jobs::JobStore>;

struct NameOfEngine {
  template <class Maker>
  std::string operator()(const ::testing::TestParamInfo<Maker>& info) const {
    return info.param.name;
  }
};

}  // namespace taskgate::conformance
