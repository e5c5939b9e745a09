#include "handlers/configured_handlers.h"

#include <utility>

#include "handlers/exec_handler.h"

namespace taskgate::handlers {
namespace {

std::size_t total_concurrency(const HandlersFile& file) {
  std::size_t total = 0;
  for (const auto& [name, type] : file.exec) total += type.concurrency;
  for (const auto& [name, type] : file.http) total += type.concurrency;
  return total;
}

}  // namespace

// A thread for each job that may run at once: nothing ever waits in the pool's queue.
ConfiguredHandlers::ConfiguredHandlers(HandlersFile file, const Clock& clock)
    : pool_("handlers", total_concurrency(file), total_concurrency(file)) {
  for (auto& [name, type] : file.exec) {
    registrations_.push_back({{{name}, false}, type.concurrency, make_exec_handler(std::move(type.command), pool_)});
  }
  for (auto& [name, type] : file.http) {
    registrations_.push_back(
        {{{name}, false}, type.concurrency, make_http_handler(std::move(type.endpoint), pool_, clock)});
  }
}

}  // namespace taskgate::handlers
