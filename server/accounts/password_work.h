#pragma once

#include <string>

#include "accounts/password_policy.h"
#include "base/async.h"
#include "base/result.h"
#include "base/worker_pool.h"

namespace taskgate::accounts {

// The expensive work on passwords, done in the hash pool. When the pool is full or the memory cannot be had:
// unavailable, `overloaded`, which is never a verdict on the password.

// Whether `typed` is the password of `hash`. An empty or unreadable hash (an unknown user, an account without a
// password) costs what a real one does and matches nothing.
[[nodiscard]] Awaitable<Result<bool>> verify_in(WorkerPool& pool, std::string hash, std::string typed,
                                                WorkerPool::Standing standing = WorkerPool::Standing::ordinary);

// Checks a new password against the policy and hashes it. Errors: validation_failed naming `field`.
[[nodiscard]] Awaitable<Result<std::string>> hash_new_in(WorkerPool& pool, std::string typed, std::string email,
                                                         PasswordPolicy policy, std::string field);

// Hashes a password that was just verified again, with today's parameters.
[[nodiscard]] Awaitable<Result<std::string>> rehash_in(WorkerPool& pool, std::string typed);

}  // namespace taskgate::accounts
