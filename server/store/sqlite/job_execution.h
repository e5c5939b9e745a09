#pragma once

#include <type_traits>
#include <utility>
#include <vector>

#include "jobs/job_store.h"
#include "store/sqlite/writer.h"

namespace taskgate::sqlite {

// Executes a command on jobs, and once it is on disk tells through `store` what followed from it. `work` is a callable
// (WriteContext&) → Value that must live until then. Throws StoreFailure, also when this program does not hold the
// queue.
template <class Work>
Awaitable<std::invoke_result_t<Work&, WriteContext&>> execute_on_jobs(Writer& writer, jobs::JobStore& store, Work work,
                                                                      CommandTraits traits) {
  if (!writer.has_queue()) throw StoreFailure("jobs can be changed by the running server only");
  std::vector<jobs::Job> followed;
  bool freed = false;
  auto whole = [&work, &followed, &freed](WriteContext& context) {
    context.ended.clear();
    context.followed.clear();
    context.slot_freed = false;
    auto value = work(context);
    followed.swap(context.followed);
    freed = context.slot_freed;
    return value;
  };
  auto executed = writer.execute(std::move(whole), traits);
  auto value = co_await std::move(executed);
  for (const jobs::Job& job : followed) store.job_followed(job);
  if (freed) store.slot_freed();
  co_return value;
}

}  // namespace taskgate::sqlite
